#include "cli/cluster_table.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL || text[0] == '\0' ? "-" : text;
}

static long long number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void print_cluster(const json_t *view, FILE *file)
{
    long long n = number_of(view, "n");
    long long copies = number_of(view, "copies");
    size_t nodes = json_array_size(json_object_get(view, "nodes"));
    fprintf(file, "cluster %s: %zu node%s, %lld partitions, n %lld, r %lld, w %lld\n", text_of(view, "cluster"), nodes,
            nodes == 1 ? "" : "s", number_of(view, "partitions"), n, number_of(view, "r"), number_of(view, "w"));
    if (copies < n) {
        fprintf(file, "%lld of %lld copies: each key is on %lld node%s until more nodes join\n", copies, n, copies,
                copies == 1 ? "" : "s");
    }
}

/* The client address of a node, which says more than its id. */
static const char *address_of(const json_t *view, const char *id)
{
    size_t index;
    json_t *node;
    json_array_foreach(json_object_get(view, "nodes"), index, node)
    {
        if (strcmp(text_of(node, "node"), id) == 0) {
            return text_of(node, "client");
        }
    }
    return id;
}

/* The last column: whom the node reaches, or why it was not asked. */
static void print_reach(const json_t *view, const json_t *node, FILE *file)
{
    if (!json_is_true(json_object_get(node, "answers"))) {
        fprintf(file, "NO ANSWER: %s\n", text_of(node, "error"));
        return;
    }
    const json_t *misses = json_object_get(node, "misses");
    size_t others = json_array_size(json_object_get(view, "nodes")) - 1;
    fprintf(file, "%zu of %zu", others - json_array_size(misses), others);
    size_t index;
    json_t *id;
    json_array_foreach(misses, index, id)
    {
        fprintf(file, "%s %s", index == 0 ? ", not" : ",", address_of(view, json_string_value(id)));
    }
    fputc('\n', file);
}

#define ROW "%-16s  %-21s  %-21s  %-8s  %6s  %10s  "

static void print_node(const json_t *view, const json_t *node, FILE *file)
{
    char weight[24];
    char pieces[24];
    snprintf(weight, sizeof(weight), "%lld", number_of(node, "weight"));
    snprintf(pieces, sizeof(pieces), "%lld", number_of(node, "pieces"));
    fprintf(file, ROW, text_of(node, "node"), text_of(node, "client"), text_of(node, "peer"), text_of(node, "zone"),
            weight, pieces);
    print_reach(view, node, file);
}

/* What is not whole yet at a node; nothing is printed for one that lacks nothing. */
static void print_upkeep(const json_t *node, FILE *file)
{
    static const struct {
        const char *key, *text;
    } parts[] = {
        {"partitions_filling", "partitions still fetching their copies"},
        {"hints_pending", "hints kept for other nodes"},
        {"objects_corrupt", "objects that failed their check: look at its disk"},
    };
    const char *separator = ": ";
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        long long number = number_of(node, parts[i].key);
        if (number > 0) {
            fprintf(file, "%s%s%lld %s", separator[0] == ':' ? text_of(node, "client") : "", separator, number,
                    parts[i].text);
            separator = ", ";
        }
    }
    fprintf(file, "%s", separator[0] == ',' ? "\n" : "");
}

static void print_oldest(const json_t *view, FILE *file)
{
    long long oldest_ms = 0;
    size_t index;
    json_t *node;
    json_array_foreach(json_object_get(view, "nodes"), index, node)
    {
        long long age_ms = number_of(node, "comparison_oldest_ms");
        oldest_ms = age_ms > oldest_ms ? age_ms : oldest_ms;
    }
    if (oldest_ms > 0) {
        fprintf(file, "\noldest comparison of copies: %lld s ago\n", (oldest_ms + 999) / 1000);
    }
}

void cluster_table_print(const json_t *view, FILE *file)
{
    print_cluster(view, file);
    fprintf(file, "\n" ROW "%s\n", "NODE", "CLIENTS", "PEERS", "ZONE", "WEIGHT", "PARTITIONS", "REACHES");
    size_t index;
    json_t *node;
    json_array_foreach(json_object_get(view, "nodes"), index, node)
    {
        print_node(view, node, file);
    }
    print_oldest(view, file);
    json_array_foreach(json_object_get(view, "nodes"), index, node)
    {
        print_upkeep(node, file);
    }
}
