/* Random histories of replicas that write and merge, beside a stupid model that remembers every write ever seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "version/object.h"

#define REPLICAS 4
#define CLIENTS 3
#define WRITES 60
#define KEPT 8
#define HISTORIES 250

/* What one replica, or one client, knows: sets of writes, by number. */
struct model {
    bool seen[WRITES];
    bool held[WRITES];
};

struct view {
    struct object object;
    struct model model;
};

struct history {
    struct arena arena;
    struct rng rng;
    unsigned writes;
    struct dot dots[WRITES];
    struct bytes values[WRITES];
    bool deletes[WRITES];
    bool superseded[WRITES]; /* by some write that had seen it, or says the same on top of it */
    struct view replicas[REPLICAS];
    struct view clients[CLIENTS]; /* what each read last */
    struct object kept[KEPT];     /* objects as they were at random times */
};

static void history_init(struct history *h, uint64_t seed)
{
    memset(h, 0, sizeof *h);
    arena_init(&h->arena, 1 << 16);
    rng_init(&h->rng, seed);
    for (unsigned i = 0; i < REPLICAS; i++) {
        object_init(&h->replicas[i].object, CONFLICT_SIBLINGS);
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        object_init(&h->clients[i].object, CONFLICT_SIBLINGS);
    }
    for (unsigned i = 0; i < KEPT; i++) {
        object_init(&h->kept[i], CONFLICT_SIBLINGS);
    }
}

static struct dot mint(struct history *h, unsigned replica, const struct object *old, const struct context *seen)
{
    uint64_t newest = context_newest(&old->context).hlc;
    if (seen != NULL && context_newest(seen).hlc > newest) {
        newest = context_newest(seen).hlc;
    }
    return (struct dot){replica + 1, newest + rng_between(&h->rng, 1, 3)};
}

/* The write numbered `n`, on a replica's model. `read` NULL: by a client without a context. */
static void model_write(struct history *h, struct model *model, unsigned n, const struct model *read)
{
    for (unsigned w = 0; w < n; w++) {
        bool known = read == NULL ? model->seen[w] : read->seen[w];
        bool same = !h->deletes[n] && !h->deletes[w] && bytes_equal(h->values[w], h->values[n]);
        if (known || (model->held[w] && same)) {
            h->superseded[w] = true;
            model->held[w] = false;
        }
        model->seen[w] = model->seen[w] || known;
    }
    model->seen[n] = true;
    model->held[n] = !h->deletes[n];
}

static void model_merge(struct model *into, const struct model *from)
{
    for (unsigned w = 0; w < WRITES; w++) {
        into->held[w] =
            (into->held[w] && from->held[w]) || (into->held[w] && !from->seen[w]) || (from->held[w] && !into->seen[w]);
        into->seen[w] = into->seen[w] || from->seen[w];
    }
}

static uint32_t assert_write_as_in_model(const struct history *h, const struct view *view, unsigned w)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < view->object.count; i++) {
        if (dot_equal(view->object.entries[i].dot, h->dots[w])) {
            assert_true(bytes_equal(view->object.entries[i].payload, h->values[w]));
            found++;
        }
    }
    assert_int_equal(found, view->model.held[w]);
    assert_int_equal(object_includes(&view->object, h->dots[w]), view->model.seen[w]);
    return found;
}

static void assert_as_in_model(const struct history *h, const struct view *view)
{
    uint32_t held = 0;
    for (unsigned w = 0; w < h->writes; w++) {
        held += assert_write_as_in_model(h, view, w);
    }
    assert_int_equal(view->object.count, held);
}

static void step_write(struct history *h)
{
    static const char *const texts[] = {"", "a", "b", "bb", "ccc"};
    unsigned replica = (unsigned)rng_below(&h->rng, REPLICAS);
    struct view *view = &h->replicas[replica];
    struct view *read = rng_chance(&h->rng, 500000) ? &h->clients[rng_below(&h->rng, CLIENTS)] : NULL;
    const struct context *seen = read == NULL ? NULL : &read->object.context;
    unsigned n = h->writes++;
    struct object next;
    h->dots[n] = mint(h, replica, &view->object, seen);
    h->values[n] = bytes_of_text(texts[rng_below(&h->rng, 5)]);
    h->deletes[n] = rng_chance(&h->rng, 200000);
    assert_int_equal(object_write(&view->object, CONFLICT_SIBLINGS, h->dots[n], h->deletes[n] ? NULL : &h->values[n],
                                  seen, &h->arena, &next, NULL),
                     0);
    view->object = next;
    model_write(h, &view->model, n, read == NULL ? NULL : &read->model);
}

static struct object merge(struct history *h, const struct object *a, const struct object *b)
{
    struct object ret;
    assert_int_equal(object_merge(a, b, &h->arena, &ret), 0);
    return ret;
}

static void step_merge(struct history *h)
{
    struct view *into = &h->replicas[rng_below(&h->rng, REPLICAS)];
    const struct view *from = &h->replicas[rng_below(&h->rng, REPLICAS)];
    into->object = merge(h, &into->object, &from->object);
    model_merge(&into->model, &from->model);
}

static void step(struct history *h)
{
    if (rng_chance(&h->rng, 500000)) {
        step_write(h);
    } else {
        step_merge(h);
    }
    const struct view *any = &h->replicas[rng_below(&h->rng, REPLICAS)];
    if (rng_chance(&h->rng, 400000)) {
        h->clients[rng_below(&h->rng, CLIENTS)] = *any;
    }
    if (rng_chance(&h->rng, 300000)) {
        h->kept[rng_below(&h->rng, KEPT)] = any->object;
    }
    for (unsigned i = 0; i < REPLICAS; i++) {
        assert_as_in_model(h, &h->replicas[i]);
    }
}

static const struct object *any_kept(struct history *h)
{
    return &h->kept[rng_below(&h->rng, KEPT)];
}

static void assert_laws(struct history *h)
{
    const struct object *a = any_kept(h);
    const struct object *b = any_kept(h);
    const struct object *c = any_kept(h);
    struct object ab = merge(h, a, b);
    struct object ba = merge(h, b, a);
    struct object aa = merge(h, a, a);
    struct object bc = merge(h, b, c);
    struct object ab_c = merge(h, &ab, c);
    struct object a_bc = merge(h, a, &bc);
    struct object ab_a = merge(h, &ab, a);
    assert_true(object_equal(&ab, &ba));
    assert_true(object_equal(&aa, a));
    assert_true(object_equal(&ab_c, &a_bc));
    assert_true(object_equal(&ab_a, &ab)); /* an old copy brings nothing back */
}

/* Once all have met, a value is there exactly if no write superseded it: none lost, none come back. */
static void assert_convergence(struct history *h)
{
    struct view all = h->replicas[0];
    for (unsigned i = 1; i < REPLICAS; i++) {
        all.object = merge(h, &all.object, &h->replicas[i].object);
        model_merge(&all.model, &h->replicas[i].model);
    }
    for (unsigned w = 0; w < h->writes; w++) {
        assert_true(all.model.seen[w]);
        all.model.held[w] = !h->deletes[w] && !h->superseded[w];
    }
    assert_as_in_model(h, &all);
}

static void replicas_hold_what_the_model_holds(void **state)
{
    (void)state;
    static struct history h;
    for (uint64_t seed = 1; seed <= HISTORIES; seed++) {
        history_init(&h, seed);
        while (h.writes < WRITES) {
            step(&h);
            assert_laws(&h);
        }
        assert_convergence(&h);
        arena_done(&h.arena);
    }
}

/* A replica under the last writer, and its model: the greatest dot it has met. */
struct last_view {
    struct object object;
    struct dot newest;
};

static void last_write(struct history *h, struct last_view *view, unsigned replica)
{
    struct dot dot = mint(h, replica, &view->object, NULL);
    struct bytes value = bytes_of_text(rng_chance(&h->rng, 500000) ? "a" : "b");
    bool is_delete = rng_chance(&h->rng, 200000);
    struct object next;
    assert_int_equal(
        object_write(&view->object, CONFLICT_LWW, dot, is_delete ? NULL : &value, NULL, &h->arena, &next, NULL), 0);
    *view = (struct last_view){next, dot};
}

static void last_merge(struct history *h, struct last_view *into, const struct last_view *from)
{
    struct object other_way = merge(h, &from->object, &into->object);
    into->object = merge(h, &into->object, &from->object);
    assert_true(object_equal(&into->object, &other_way));
    into->newest = dot_compare(from->newest, into->newest) > 0 ? from->newest : into->newest;
}

static void last_writers_converge_on_the_greatest_dot(void **state)
{
    (void)state;
    static struct history h;
    for (uint64_t seed = 1; seed <= HISTORIES; seed++) {
        struct last_view views[REPLICAS] = {0};
        history_init(&h, seed);
        for (unsigned n = 0; n < 100; n++) {
            unsigned replica = (unsigned)rng_below(&h.rng, REPLICAS);
            struct last_view *view = &views[replica];
            if (rng_chance(&h.rng, 400000)) {
                last_write(&h, view, replica);
            } else {
                last_merge(&h, view, &views[rng_below(&h.rng, REPLICAS)]);
            }
            assert_true(dot_equal(context_newest(&view->object.context), view->newest));
            assert_true(view->object.count <= 1 && view->object.context.count <= 1);
        }
        arena_done(&h.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replicas_hold_what_the_model_holds),
        cmocka_unit_test(last_writers_converge_on_the_greatest_dot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
