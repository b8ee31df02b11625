#include "transcript/script.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "sim/run.h"
#include "sim/trace.h"
#include "sim/trace_words.h"

#define WORDS_MAX 8u
#define CLIENT_NAME_MAX 16u
#define DELAY_US 1000u
#define SLICE_US 1000u
#define QUIET_MAX_US 60000000u
#define PAGE_BYTES (256u << 10)
#define HINTS_BYTES (1u << 20)
#define LONG_MS (3u * 3600000u) /* what a story is not about happens after its end */
#define DISK_ALWAYS_FAILS_PPM 1000000u

struct words {
    unsigned count;
    struct bytes list[WORDS_MAX];
};

struct script {
    bool has_world;
    struct world world;
    struct trace trace;
    unsigned clients_count;
    char client_names[SIM_CLIENTS_MAX][CLIENT_NAME_MAX];
    const char *clients[SIM_CLIENTS_MAX];
};

/* Words are separated by spaces; "…" is one word, without its quotes. */
static void split(struct bytes line, struct words *ret)
{
    ret->count = 0;
    size_t i = 0;
    while (i < line.len && ret->count < WORDS_MAX) {
        char end = ' ';
        if (line.data[i] == ' ') {
            i++;
            continue;
        }
        if (line.data[i] == '"') {
            end = '"';
            i++;
        }
        size_t start = i;
        while (i < line.len && line.data[i] != (uint8_t)end) {
            i++;
        }
        ret->list[ret->count++] = bytes_of(line.data + start, i - start);
        i++;
    }
}

static bool word_is(const struct words *words, unsigned place, const char *text)
{
    return place < words->count && bytes_equal(words->list[place], bytes_of_text(text));
}

static long number_of(struct bytes word)
{
    char text[24];
    snprintf(text, sizeof text, "%.*s", (int)word.len, (const char *)word.data);
    return strtol(text, NULL, 10);
}

/* "name=12" among the words, or `otherwise`. */
static unsigned option(const struct words *words, const char *name, unsigned otherwise)
{
    size_t len = strlen(name);
    for (unsigned i = 1; i < words->count; i++) {
        struct bytes word = words->list[i];
        if (word.len > len && memcmp(word.data, name, len) == 0 && word.data[len] == '=') {
            return (unsigned)number_of(bytes_of(word.data + len + 1, word.len - len - 1));
        }
    }
    return otherwise;
}

static void make_world(struct script *script, const struct plan *plan)
{
    world_init(&script->world, plan);
    script->world.scripted = true;
    for (unsigned node = 0; node < plan->nodes; node++) {
        script->world.machines[node].clock.skew_ms = 0;
        script->world.machines[node].clock.drift_ppm = 0;
    }
    trace_init(&script->trace, script->clients);
    script->world.trace = &script->trace;
    script->has_world = true;
}

static void do_cluster(struct script *script, const struct words *words)
{
    struct plan plan = {.seed = option(words, "seed", 1),
                        .nodes = option(words, "nodes", 3),
                        .replicas = option(words, "n", 3),
                        .r = option(words, "r", 2),
                        .w = option(words, "w", 2),
                        .zones = 1,
                        .partitions = 16,
                        .requests_max = 64,
                        .request_timeout_ms = option(words, "timeout", 1000),
                        .siblings = option(words, "siblings", 0) != 0 ? SIM_KEYS_MAX : 0,
                        .clients = SIM_CLIENTS_MAX,
                        .think_ms = 1,
                        .delay_min_us = DELAY_US,
                        .delay_max_us = DELAY_US,
                        .disk_min_us = DELAY_US,
                        .disk_max_us = DELAY_US,
                        .page_bytes = PAGE_BYTES,
                        .hints_bytes_max = option(words, "hints", HINTS_BYTES),
                        .hints_age_ms = LONG_MS,
                        .sync_period_ms = option(words, "sync", LONG_MS),
                        .reap_after_ms = option(words, "reap", LONG_MS)};
    make_world(script, &plan);
    script->trace.muted = true;
    script->world.machines_count = option(words, "start", plan.nodes);
    run_formation(&script->world);
    script->world.machines_count = plan.nodes;
    script->trace.muted = false;
    trace_start(&script->trace, &script->world);
}

static unsigned client_number(struct script *script, struct bytes name)
{
    for (unsigned i = 0; i < script->clients_count; i++) {
        if (bytes_equal(bytes_of_text(script->client_names[i]), name)) {
            return i;
        }
    }
    GR_ASSERT_LT(script->clients_count, SIM_CLIENTS_MAX);
    unsigned number = script->clients_count++;
    snprintf(script->client_names[number], CLIENT_NAME_MAX, "%.*s", (int)name.len, (const char *)name.data);
    script->clients[number] = script->client_names[number];
    return number;
}

struct verb {
    const char *name;
    enum op op;
    uint8_t flags;
};

static const struct verb verbs[] = {
    {"put", OP_SET, 0},
    {"put-new", OP_SET, REQUEST_IF_ABSENT},
    {"put-old", OP_SET, REQUEST_IF_PRESENT},
    {"append", OP_APPEND, 0},
    {"get", OP_GET, 0},
    {"delete", OP_DELETE, 0},
    {"count", OP_COUNT, 0},
};

/* The node that a word names, or machines_count when it names none. */
static unsigned node_of(const struct script *script, struct bytes word)
{
    unsigned node = word.len == 1 ? (unsigned)(word.data[0] - 'a') : SIM_NODES_MAX;
    return node < script->world.machines_count ? node : script->world.machines_count;
}

static bool do_client(struct script *script, const struct words *words)
{
    const struct verb *verb = verbs;
    while (verb < verbs + sizeof verbs / sizeof *verbs && !word_is(words, 3, verb->name)) {
        verb++;
    }
    unsigned node = words->count > 3 ? node_of(script, words->list[2]) : SIM_NODES_MAX;
    if (verb == verbs + sizeof verbs / sizeof *verbs || node >= script->world.machines_count ||
        script->world.machines[node].node == NULL) {
        return false;
    }
    struct request request = {.op = verb->op, .flags = verb->flags};
    unsigned key = words->count > 4 ? keys_number(&script->world.keys, words->list[4]) : 0;
    if (words->count > 5) {
        request.value = words->list[5];
    }
    workload_ask(&script->world, client_number(script, words->list[1]), node, &request, key);
    return true;
}

static bool do_machine(struct script *script, const struct words *words)
{
    unsigned node = words->count > 1 ? node_of(script, words->list[1]) : SIM_NODES_MAX;
    if (node >= script->world.machines_count) {
        return false;
    }
    if (word_is(words, 0, "up")) {
        process_boot(&script->world, node);
    } else if (word_is(words, 0, "stop")) {
        process_drain(&script->world, node);
    } else {
        process_crash(&script->world, node, word_is(words, 0, "power"));
    }
    return true;
}

#define SLOW_US 3600000000u /* until something else is said */

static bool do_hang(struct script *script, const struct words *words)
{
    unsigned node = words->count > 2 ? node_of(script, words->list[1]) : SIM_NODES_MAX;
    if (node >= script->world.machines_count) {
        return false;
    }
    stall_hang(&script->world, node, 1000 * (uint64_t)number_of(words->list[2]));
    return true;
}

/* slow b 40: what is to happen to it happens so many milliseconds late; 0: no more. */
static bool do_slow(struct script *script, const struct words *words)
{
    unsigned node = words->count > 2 ? node_of(script, words->list[1]) : SIM_NODES_MAX;
    if (node >= script->world.machines_count) {
        return false;
    }
    long by_ms = number_of(words->list[2]);
    stall_end_slowness(&script->world, node);
    if (by_ms > 0) {
        stall_slow(&script->world, node, 1000 * (uint32_t)by_ms, SLOW_US);
    }
    return true;
}

/* The disk is lost; when the machine is up again it is another node, in the place of the one it was. */
static bool do_wipe(struct script *script, const struct words *words)
{
    unsigned node = words->count > 1 ? node_of(script, words->list[1]) : SIM_NODES_MAX;
    if (node >= script->world.machines_count) {
        return false;
    }
    process_wipe(&script->world, node);
    return true;
}

/* a,b|c: which side a node is on. */
static bool do_partition(struct script *script, const struct words *words)
{
    unsigned side_of[SIM_NODES_MAX] = {0};
    unsigned side = 0;
    for (size_t i = 0; words->count > 1 && i < words->list[1].len; i++) {
        char c = (char)words->list[1].data[i];
        side += c == '|';
        if (c >= 'a' && c < 'a' + (int)SIM_NODES_MAX) {
            side_of[c - 'a'] = side;
        }
    }
    for (unsigned a = 0; a < SIM_NODES_MAX; a++) {
        for (unsigned b = 0; b < SIM_NODES_MAX; b++) {
            script->world.network.cut[a][b] = side_of[a] != side_of[b];
        }
    }
    return side > 0;
}

static bool do_cut(struct script *script, const struct words *words)
{
    if (words->count < 2 || words->list[1].len != 3) {
        return false;
    }
    unsigned from = node_of(script, bytes_of(words->list[1].data, 1));
    unsigned to = node_of(script, bytes_of(words->list[1].data + 2, 1));
    if (from >= script->world.machines_count || to >= script->world.machines_count) {
        return false;
    }
    script->world.network.cut[from][to] = true;
    return true;
}

static bool do_clock(struct script *script, const struct words *words)
{
    unsigned node = words->count > 2 ? node_of(script, words->list[1]) : SIM_NODES_MAX;
    if (node >= script->world.machines_count) {
        return false;
    }
    sim_clock_jump(&script->world.machines[node].clock, number_of(words->list[2]));
    return true;
}

static bool do_disk(struct script *script, const struct words *words)
{
    unsigned node = words->count > 2 ? node_of(script, words->list[1]) : SIM_NODES_MAX;
    if (node >= script->world.machines_count) {
        return false;
    }
    bool is_slow = word_is(words, 2, "slow") && words->count > 3;
    script->world.machines[node].disk_slow_us = is_slow ? 1000 * (uint32_t)number_of(words->list[3]) : 0;
    script->world.machines[node].disk_error_ppm = word_is(words, 2, "broken") ? DISK_ALWAYS_FAILS_PPM : 0;
    return true;
}

/* chatter on|off */
static bool do_chatter(struct script *script, const struct words *words)
{
    script->trace.chatters = word_is(words, 1, "on");
    return true;
}

static void run_until_quiet(struct script *script)
{
    struct world *world = &script->world;
    uint64_t until_us = world->now_us + QUIET_MAX_US;
    do {
        world_run(world, SLICE_US);
    } while (!world->failed && !world_is_quiet(world) && world->now_us < until_us);
}

static bool do_run(struct script *script, const struct words *words)
{
    if (word_is(words, 0, "advance") && words->count == 2) {
        world_run(&script->world, 1000 * (uint64_t)number_of(words->list[1]));
        return true;
    }
    if (word_is(words, 1, "until") && word_is(words, 2, "quiet")) {
        run_until_quiet(script);
        return true;
    }
    return false;
}

static bool do_owners(struct script *script, const struct words *words)
{
    if (words->count < 2) {
        return false;
    }
    unsigned count;
    const uint64_t *owners = check_owners(&script->world, keys_number(&script->world.keys, words->list[1]), &count);
    trace_say(&script->trace, "      owners of %.*s:", (int)words->list[1].len, (const char *)words->list[1].data);
    for (unsigned i = 0; i < count; i++) {
        trace_say(&script->trace, "%s%c", i == 0 ? " " : ",", trace_letter(&script->world, owners[i]));
    }
    trace_say(&script->trace, "\n");
    return true;
}

static void say_hints(struct script *script, unsigned node, unsigned key)
{
    const struct world *world = &script->world;
    uint32_t cursor = 0;
    struct disk_hint hint;
    while (disk_next_hint(&world->machines[node].disk, &cursor, &hint)) {
        if (hint.key == key) {
            trace_say(&script->trace, "; for %c ", trace_letter(world, hint.owner));
            trace_object(&script->trace, world, keys_bytes(&world->keys, key), blob_bytes(hint.value));
        }
    }
}

static bool do_stored(struct script *script, const struct words *words)
{
    if (words->count < 2) {
        return false;
    }
    unsigned key = keys_number(&script->world.keys, words->list[1]);
    for (unsigned node = 0; node < script->world.machines_count; node++) {
        struct bytes held = blob_bytes(disk_read(&script->world.machines[node].disk, 0, key, false));
        trace_say(&script->trace, "      %c  ", 'a' + (int)node);
        trace_object(&script->trace, &script->world, words->list[1], held);
        say_hints(script, node, key);
        trace_say(&script->trace, "\n");
    }
    return true;
}

struct command {
    const char *name;
    bool (*run)(struct script *script, const struct words *words);
};

static const struct command commands[] = {
    {"client", do_client}, {"run", do_run},         {"advance", do_run}, {"down", do_machine},
    {"power", do_machine}, {"stop", do_machine},    {"up", do_machine},  {"partition", do_partition},
    {"cut", do_cut},       {"clock", do_clock},     {"disk", do_disk},   {"owners", do_owners},
    {"stored", do_stored}, {"chatter", do_chatter}, {"hang", do_hang},   {"slow", do_slow},
    {"wipe", do_wipe},
};

static bool run_command(struct script *script, const struct words *words)
{
    if (!script->has_world) {
        if (word_is(words, 0, "cluster")) {
            do_cluster(script, words);
        }
        return script->has_world;
    }
    if (word_is(words, 0, "heal")) {
        network_heal(&script->world);
        return true;
    }
    for (unsigned i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (word_is(words, 0, commands[i].name)) {
            return commands[i].run(script, words);
        }
    }
    return false;
}

static void put(struct buffer *out, struct bytes bytes)
{
    int status = buffer_append(out, bytes);
    GR_ASSERT_EQ(status, 0);
}

static void put_text(struct buffer *out, const char *text)
{
    put(out, bytes_of_text(text));
}

static void run_line(struct script *script, struct bytes line, struct buffer *out)
{
    struct words words;
    split(line, &words);
    if (words.count == 0 || words.list[0].data[0] == '#') {
        return;
    }
    if (!run_command(script, &words)) {
        put_text(out, "cannot do: ");
        put(out, line);
        put_text(out, "\n");
    }
}

/* The next line, without its end; moves `rest` behind it. */
static struct bytes take_line(struct bytes *rest)
{
    size_t len = 0;
    while (len < rest->len && rest->data[len] != '\n') {
        len++;
    }
    struct bytes line = bytes_of(rest->data, len);
    size_t used = len < rest->len ? len + 1 : len;
    *rest = bytes_of(rest->data + used, rest->len - used);
    return line;
}

static void put_trace(struct script *script, struct buffer *out)
{
    put_text(out, "----\n");
    if (script->has_world) {
        put(out, buffer_bytes(&script->trace.text));
        buffer_clear(&script->trace.text, SIZE_MAX);
    }
    if (script->has_world && script->world.failed) {
        put_text(out, "violation: ");
        put_text(out, script->world.violation);
        put_text(out, "\n");
    }
}

/* One block: its commands are carried out as they are read, its old trace is passed over. */
static void run_block(struct script *script, struct bytes *rest, struct buffer *out)
{
    bool in_trace = false;
    while (rest->len > 0) {
        struct bytes line = take_line(rest);
        if (in_trace && line.len == 0) {
            put_text(out, "\n");
            return;
        }
        if (bytes_equal(line, bytes_of_text("----"))) {
            put_trace(script, out);
            in_trace = true;
        } else if (!in_trace) {
            put(out, line);
            put_text(out, "\n");
            run_line(script, line, out);
        }
    }
}

void script_run(struct bytes text, struct buffer *ret)
{
    struct script *script = calloc(1, sizeof *script);
    GR_ASSERT(script != NULL);
    while (text.len > 0) {
        run_block(script, &text, ret);
    }
    if (script->has_world) {
        trace_done(&script->trace);
        world_done(&script->world);
    }
    free(script);
}
