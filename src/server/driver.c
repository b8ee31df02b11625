#include "server/driver.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/error.h"
#include "server/live.h"

#define POLL_MAX 16u  /* completions taken at a time */
#define TURN_MAX 512u /* and in one turn, as are loads that waited: some 3 ms, then peers are heard */
/* So is what is loaded in a turn, on the reactor and by completions, each: some 4 ms of copying and checking. */
#define LOAD_TURN_BYTES ((size_t)4 << 20)
#define LOAD_WAIT_MS 250u /* a quarter of the usual deadline: the peers want theirs */
#define STORE_LOG_EVERY_MS 10000u
#define TROUBLE_BYTES 512

void driver_init(struct driver *driver, struct node *node, struct engine *engine, const struct driver_sink *sink)
{
    *driver = (struct driver){.node = node, .engine = engine, .sink = *sink};
    events_init(&driver->events);
}

void driver_done(struct driver *driver)
{
    events_done(&driver->events);
    load_line_done(&driver->line);
}

void driver_post(struct driver *driver, const struct event *event)
{
    events_push(&driver->events, event);
}

int driver_submit(struct driver *driver, const struct request *request)
{
    return events_push_request(&driver->events, request);
}

static uint64_t now_ms(struct driver *driver)
{
    return driver->sink.now(driver->sink.context).mono_ms;
}

static void note_failure(struct driver *driver, const char *what, int status)
{
    uint64_t suppressed;
    char trouble[TROUBLE_BYTES];
    driver->failures++;
    if (log_limit_pass(&driver->store_errors, now_ms(driver), STORE_LOG_EVERY_MS, &suppressed)) {
        engine_trouble(driver->engine, trouble, sizeof trouble);
        log_error(LOG_MSG(what), LOG_TEXT("reason", gr_error_text(status)), LOG_TEXT("engine", trouble),
                  LOG_NUMBER("suppressed", suppressed));
    }
}

static void post_loaded(struct driver *driver, uint64_t token, int status, struct blob *value)
{
    struct event event = {.kind = EVENT_LOADED, .loaded = {token, status, value}};
    driver->loaded_bytes += value == NULL ? 0 : value->len;
    if (status != 0 && status != GR_EBUSY) {
        note_failure(driver, "reading from the engine failed", status);
    }
    driver_post(driver, &event);
}

static void note_full(struct driver *driver)
{
    char trouble[TROUBLE_BYTES];
    driver->failures++;
    if (disk_room_refused(&driver->room, now_ms(driver))) {
        engine_trouble(driver->engine, trouble, sizeof trouble);
        log_error(LOG_MSG("the disk is full: this node stores nothing more; reads go on"), LOG_TEXT("engine", trouble));
    }
}

static void note_stored(struct driver *driver)
{
    if (driver->room.is_full && disk_room_taken(&driver->room, now_ms(driver))) {
        log_info(LOG_MSG("there is room on the disk again: this node stores what comes"),
                 LOG_NUMBER("refused", driver->room.refused),
                 LOG_NUMBER("seconds", (now_ms(driver) - driver->room.since_ms) / 1000));
    }
}

static void post_stored(struct driver *driver, uint64_t token, int status)
{
    struct event event = {.kind = EVENT_STORED, .stored = {token, status}};
    if (status == 0) {
        note_stored(driver);
    } else if (status == GR_ENOSPC) {
        note_full(driver);
    } else { /* busy too: the dot is minted, and is not on disk */
        note_failure(driver, "writing to the engine failed", status);
        driver->writes_fail |= status == GR_ECORRUPT;
    }
    driver_post(driver, &event);
}

static void load(struct driver *driver, uint64_t token, const struct engine_key *at)
{
    struct blob *value = NULL;
    int status = 0;
    enum engine_result result = engine_get(driver->engine, at, &value, &status);
    if (result == ENGINE_FAILED && status == GR_EAGAIN) {
        status = engine_get_later(driver->engine, token, at);
        if (status == 0) {
            driver->has_submitted = true;
            return;
        }
    }
    post_loaded(driver, token, result == ENGINE_FAILED ? status : 0, value);
}

bool driver_has_line(const struct driver *driver)
{
    return !load_line_is_empty(&driver->line);
}

static bool has_share(const struct driver *driver)
{
    return !driver->is_bounded || driver->loaded_bytes < driver->load_until;
}

static void perform_load(struct driver *driver, const struct effect *effect)
{
    struct engine_key at = {effect->load.owner, effect->load.slot, effect->load.key};
    bool may_load = has_share(driver) && !driver_has_line(driver);
    if (may_load || load_line_join(&driver->line, effect->load.token, &at, now_ms(driver)) != 0) {
        load(driver, effect->load.token, &at);
    }
}

static void perform_store(struct driver *driver, const struct effect *effect)
{
    struct engine_write write = {
        .token = effect->store.token,
        .at = {effect->store.owner, effect->store.slot, effect->store.key},
        .value = effect->store.value,
        .live_delta = effect->store.live_delta,
        .leaf_delta = effect->store.leaf_delta,
        .clock = effect->store.clock,
    };
    int status = engine_submit(driver->engine, &write);
    if (status != 0) {
        post_stored(driver, write.token, status);
        return;
    }
    driver->has_submitted = true;
}

static void note_scan(struct driver *driver, int status)
{
    if (status == GR_ECORRUPT && driver->scans_fail_ms == 0) {
        driver->scans_fail_ms = now_ms(driver);
    }
}

static void post_scanned(struct driver *driver, uint64_t token, int status, struct page *page)
{
    struct event event = {.kind = EVENT_SCANNED, .scanned = {token, status, page}};
    if (status != 0 && status != GR_EBUSY) {
        note_failure(driver, "scanning the engine failed", status);
        note_scan(driver, status);
    }
    driver_post(driver, &event);
}

static void perform_scan(struct driver *driver, const struct effect *effect)
{
    struct engine_scan scan = {
        .token = effect->scan.token,
        .hints = effect->scan.hints,
        .one_owner = effect->scan.one_owner,
        .resumes = effect->scan.resumes,
        .values = effect->scan.values,
        .counts = effect->scan.counts,
        .leaves = effect->scan.leaves,
        .owner = effect->scan.owner,
        .slot = effect->scan.slot,
        .after = effect->scan.after,
        .bytes_max = effect->scan.bytes_max,
    };
    int status = engine_page(driver->engine, &scan);
    if (status != 0) {
        post_scanned(driver, scan.token, status, NULL);
        return;
    }
    driver->has_submitted = true;
}

static void perform_mend(struct driver *driver, const struct effect *effect)
{
    int status =
        engine_mend(driver->engine, effect->mend.token, effect->mend.slot, effect->mend.delta, effect->mend.clock);
    if (status != 0) { /* nothing is lost with it: the next scan finds the same */
        struct event event = {.kind = EVENT_STORED, .stored = {effect->mend.token, status}};
        driver_post(driver, &event);
        return;
    }
    driver->has_submitted = true;
}

static void perform_save(struct driver *driver, const struct effect *effect)
{
    int status = driver->sink.save(driver->sink.context, effect->save.token);
    driver->has_submitted |= effect->save.token != 0;
    if (status != 0 && effect->save.token != 0) {
        struct event event = {.kind = EVENT_STORED, .stored = {effect->save.token, status}};
        driver_post(driver, &event);
    }
}

static void perform_health(const struct effect *effect)
{
    if (effect->health.healthy) {
        log_info(LOG_MSG("peer answers again"), LOG_ID("node", effect->health.peer));
    } else {
        log_warn(LOG_MSG("peer silent"), LOG_ID("node", effect->health.peer));
    }
}

static void perform_count(struct driver *driver, const struct effect *effect)
{
    const struct placement *placement = node_placement(driver->node);
    struct event event = {.kind = EVENT_COUNTED, .counted = {.token = effect->count.token}};
    if (placement != NULL) {
        event.counted.keys =
            live_in_partitions(driver->engine, effect->count.partitions, placement_partitions(placement));
    }
    driver_post(driver, &event);
}

static void perform(struct driver *driver, const struct effect *effect)
{
    const struct driver_sink *sink = &driver->sink;
    switch (effect->kind) {
    case EFFECT_SEND:
        sink->send(sink->context, effect->send.peer, &effect->send.message);
        break;
    case EFFECT_LOAD:
        perform_load(driver, effect);
        break;
    case EFFECT_STORE:
        perform_store(driver, effect);
        break;
    case EFFECT_SCAN:
        perform_scan(driver, effect);
        break;
    case EFFECT_MEND:
        perform_mend(driver, effect);
        break;
    case EFFECT_REPLY:
        sink->reply(sink->context, &effect->reply);
        break;
    case EFFECT_COPIES:
        sink->copies(sink->context, effect->copies.token, effect->copies.copies, effect->copies.final);
        break;
    case EFFECT_SAVE:
        perform_save(driver, effect);
        break;
    case EFFECT_JOINED:
        sink->joined(sink->context, effect);
        break;
    case EFFECT_REFUSED:
        sink->refused(sink->context, effect->text);
        break;
    case EFFECT_HEALTH:
        perform_health(effect);
        break;
    case EFFECT_COUNT:
        perform_count(driver, effect);
        break;
    }
}

static void step(struct driver *driver, struct event *event)
{
    GR_ASSERT(!driver->is_performing);
    unsigned count;
    event->now = driver->sink.now(driver->sink.context);
    node_step(driver->node, event);
    driver->is_performing = true;
    const struct effect *effects = node_effects(driver->node, &count);
    for (unsigned i = 0; i < count; i++) {
        perform(driver, &effects[i]);
    }
    driver->is_performing = false;
}

void driver_run(struct driver *driver)
{
    struct events_item item;
    while (events_pop(&driver->events, &item)) {
        step(driver, &item.event);
        if (item.event.kind == EVENT_LOADED) {
            blob_unref(item.event.loaded.value);
        } else if (item.event.kind == EVENT_SCANNED) {
            page_free(item.event.scanned.page);
        }
    }
}

void driver_message(struct driver *driver, uint64_t from, const struct wire_message *body)
{
    struct event event = {.kind = EVENT_MESSAGE, .message = {from, body}};
    driver_run(driver);
    step(driver, &event);
    driver_run(driver);
}

/* Who has waited for long is told so at once: to load for him would make others wait as long, or longer. */
static bool is_worth_loading(struct driver *driver, const struct waiting_load *waiting)
{
    bool is_late = now_ms(driver) - waiting->since_ms > LOAD_WAIT_MS;
    return node_wants_load(driver->node, waiting->token, is_late);
}

static void load_first(struct driver *driver)
{
    struct waiting_load *waiting = load_line_leave(&driver->line);
    if (is_worth_loading(driver, waiting)) {
        load(driver, waiting->token, &waiting->at);
    } else {
        post_loaded(driver, waiting->token, GR_EBUSY, NULL);
    }
    free(waiting);
}

void driver_turn(struct driver *driver)
{
    driver->is_bounded = true;
    driver->load_until = driver->loaded_bytes + LOAD_TURN_BYTES;
    for (unsigned i = 0; i < TURN_MAX && has_share(driver) && driver_has_line(driver); i++) {
        load_first(driver);
        driver_run(driver);
    }
}

static void post_completion(struct driver *driver, const struct engine_completion *done)
{
    switch (done->kind) {
    case ENGINE_WRITTEN:
        post_stored(driver, done->token, done->status);
        break;
    case ENGINE_READ:
        post_loaded(driver, done->token, done->result == ENGINE_FAILED ? done->status : 0,
                    done->result == ENGINE_FOUND ? done->value : NULL);
        break;
    case ENGINE_SCANNED:
        post_scanned(driver, done->token, done->status, done->page);
        break;
    }
}

bool driver_poll_engine(struct driver *driver)
{
    struct engine_completion done[POLL_MAX];
    unsigned count = POLL_MAX;
    uint64_t began = driver->loaded_bytes;
    for (unsigned total = 0; count == POLL_MAX && total < TURN_MAX && driver->loaded_bytes - began < LOAD_TURN_BYTES;
         total += count) {
        count = engine_poll(driver->engine, done, POLL_MAX);
        for (unsigned i = 0; i < count; i++) {
            post_completion(driver, &done[i]);
        }
        driver_run(driver);
    }
    return count == POLL_MAX;
}

void driver_flush_engine(struct driver *driver)
{
    if (driver->has_submitted) {
        driver->has_submitted = false;
        engine_flush(driver->engine);
    }
}
