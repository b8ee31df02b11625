/* What people see of a cluster: the whole text, for a healthy one and for one in trouble. */
#include "cli/cluster_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void prints(const char *view_text, const char *wanted)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    json_t *view = json_loads(view_text, 0, NULL);
    assert_non_null(view);
    cluster_table_print(view, file);
    fclose(file);
    assert_string_equal(text, wanted);
    json_decref(view);
    free(text);
}

static void one_node_says_how_many_copies_there_are(void **state)
{
    (void)state;
    prints("{\"cluster\": \"00c1\", \"n\": 3, \"r\": 2, \"w\": 2, \"partitions\": 1024, \"copies\": 1, \"nodes\": ["
           "{\"node\": \"00000000000000a1\", \"client\": \"127.0.0.1:7379\", \"peer\": \"127.0.0.1:17379\","
           " \"zone\": \"\", \"weight\": 100, \"pieces\": 1024, \"answers\": true, \"error\": null, \"misses\": []}]}",
           "cluster 00c1: 1 node, 1024 partitions, n 3, r 2, w 2\n"
           "1 of 3 copies: each key is on 1 node until more nodes join\n"
           "\n"
           "NODE              CLIENTS                PEERS                  ZONE      WEIGHT  PARTITIONS  REACHES\n"
           "00000000000000a1  127.0.0.1:7379         127.0.0.1:17379        -            100        1024  0 of 0\n");
}

static void silent_nodes_and_cut_links_are_named(void **state)
{
    (void)state;
    prints("{\"cluster\": \"00c1\", \"n\": 2, \"r\": 2, \"w\": 2, \"partitions\": 16, \"copies\": 2, \"nodes\": ["
           "{\"node\": \"a1\", \"client\": \"h1:1\", \"peer\": \"h1:2\", \"zone\": \"east\", \"weight\": 100,"
           " \"pieces\": 16, \"answers\": true, \"error\": null, \"misses\": [\"b2\"]},"
           "{\"node\": \"b2\", \"client\": \"h2:1\", \"peer\": \"h2:2\", \"zone\": \"west\", \"weight\": 50,"
           " \"pieces\": 16, \"answers\": false, \"error\": \"cannot reach h2:1: Connection refused\","
           " \"misses\": []}]}",
           "cluster 00c1: 2 nodes, 16 partitions, n 2, r 2, w 2\n"
           "\n"
           "NODE              CLIENTS                PEERS                  ZONE      WEIGHT  PARTITIONS  REACHES\n"
           "a1                h1:1                   h1:2                   east         100          16  "
           "0 of 1, not h2:1\n"
           "b2                h2:1                   h2:2                   west          50          16  "
           "NO ANSWER: cannot reach h2:1: Connection refused\n");
}

static void what_is_not_whole_yet_is_told(void **state)
{
    (void)state;
    prints("{\"cluster\": \"00c1\", \"n\": 2, \"r\": 2, \"w\": 2, \"partitions\": 16, \"copies\": 2, \"nodes\": ["
           "{\"node\": \"a1\", \"client\": \"h1:1\", \"peer\": \"h1:2\", \"zone\": \"\", \"weight\": 100,"
           " \"pieces\": 16, \"answers\": true, \"error\": null, \"misses\": [], \"hints_pending\": 7,"
           " \"partitions_filling\": 3, \"comparison_oldest_ms\": 1001},"
           "{\"node\": \"b2\", \"client\": \"h2:1\", \"peer\": \"h2:2\", \"zone\": \"\", \"weight\": 100,"
           " \"pieces\": 16, \"answers\": true, \"error\": null, \"misses\": [], \"hints_pending\": 0,"
           " \"objects_corrupt\": 0, \"comparison_oldest_ms\": 5}]}",
           "cluster 00c1: 2 nodes, 16 partitions, n 2, r 2, w 2\n"
           "\n"
           "NODE              CLIENTS                PEERS                  ZONE      WEIGHT  PARTITIONS  REACHES\n"
           "a1                h1:1                   h1:2                   -            100          16  1 of 1\n"
           "b2                h2:1                   h2:2                   -            100          16  1 of 1\n"
           "\n"
           "oldest comparison of copies: 2 s ago\n"
           "h1:1: 3 partitions still fetching their copies, 7 hints kept for other nodes\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_node_says_how_many_copies_there_are),
        cmocka_unit_test(silent_nodes_and_cut_links_are_named),
        cmocka_unit_test(what_is_not_whole_yet_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
