/* Questions to an object. */
#include "version/object.h"

void object_init(struct object *object, enum conflict_policy policy)
{
    object->type = OBJECT_REGISTER;
    object->policy = policy;
    context_clear(&object->context);
    object->count = 0;
    object->entries = NULL;
}

bool object_includes(const struct object *object, struct dot dot)
{
    if (object->policy == CONFLICT_LWW) {
        return !object_is_absent(object) && dot_compare(dot, context_newest(&object->context)) <= 0;
    }
    return context_covers(&object->context, dot);
}

static bool entry_equal(const struct entry *a, const struct entry *b)
{
    return dot_equal(a->dot, b->dot) && bytes_equal(a->element, b->element) && bytes_equal(a->payload, b->payload);
}

bool object_equal(const struct object *a, const struct object *b)
{
    if (a->type != b->type || a->policy != b->policy || a->count != b->count ||
        !context_equal(&a->context, &b->context)) {
        return false;
    }
    for (uint32_t i = 0; i < a->count; i++) {
        if (!entry_equal(&a->entries[i], &b->entries[i])) {
            return false;
        }
    }
    return true;
}

static bool is_value_before(const struct object *object, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++) {
        if (bytes_equal(object->entries[i].payload, object->entries[at].payload)) {
            return true;
        }
    }
    return false;
}

uint32_t object_values(const struct object *object)
{
    uint32_t values = 0;
    for (uint32_t i = 0; i < object->count; i++) {
        values += is_value_before(object, i) ? 0 : 1;
    }
    return values;
}
