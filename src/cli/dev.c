#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/dev_cluster.h"
#include "cli/dev_flags.h"
#include "cli/dev_ports.h"

#define DEV_NODES_DEFAULT 3

/* The directory, with the ones above it, and its absolute path. */
static bool make_dir(const char *dir, char ret[PATH_MAX])
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof(path), "%s", dir) >= (int)sizeof(path) - 64) {
        errno = ENAMETOOLONG;
    } else {
        for (char *at = path + 1; (at = strchr(at, '/')) != NULL; at++) {
            *at = '\0';
            mkdir(path, 0777);
            *at = '/';
        }
        if ((mkdir(path, 0777) == 0 || errno == EEXIST) && realpath(path, ret) != NULL) {
            return true;
        }
    }
    fprintf(stderr, "gramme dev: %s: %s; choose another with --dir\n", dir, strerror(errno));
    return false;
}

/* DIR/nodes holds how many nodes the last run had, once they were all up. */
static FILE *open_count(const char *dir, const char *mode)
{
    char path[PATH_MAX + 16];
    snprintf(path, sizeof(path), "%s/nodes", dir);
    return fopen(path, mode);
}

static unsigned read_count(const char *dir)
{
    unsigned count = 0;
    FILE *file = open_count(dir, "r");
    if (file != NULL) {
        if (fscanf(file, "%2u", &count) != 1 || count > DEV_NODES_MAX) {
            count = 0;
        }
        fclose(file);
    }
    return count > 0 ? count : DEV_NODES_DEFAULT;
}

static void write_count(const char *dir, unsigned count)
{
    FILE *file = open_count(dir, "w");
    if (file != NULL) {
        fprintf(file, "%u\n", count);
        fclose(file);
    }
}

/* A mistake in the settings should be one message here and not one in each node's log: load them as node 1 will. */
static int check_settings(const struct dev_flags *flags, const char *title)
{
    struct settings_flags first = flags->settings;
    struct settings settings;
    char listen[64];
    snprintf(listen, sizeof(listen), DEV_HOST ":%u", flags->port);
    first.values[SETTING_data] = flags->dir;
    first.values[SETTING_listen] = listen;
    int status = settings_flags_load(&first, title, &settings);
    if (status == CLI_OK) {
        settings_done(&settings);
    }
    return status;
}

static void print_greeting(const struct dev_cluster *cluster, const char *dir)
{
    unsigned port = cluster->nodes[0].port;
    printf("gramme dev: %u node%s up\n\n", cluster->count, cluster->count == 1 ? " is" : "s are");
    for (unsigned i = 0; i < cluster->count; i++) {
        const struct dev_node *node = &cluster->nodes[i];
        printf("  node %-2u  redis-cli -p %u  (peers %u, pid %d)\n", node->number, node->port,
               node->port + DEV_PEER_OFFSET, (int)node->pid);
    }
    printf("\n"
           "  gramme cluster status --connect " DEV_HOST ":%u\n"
           "  data %s/nodeN/data, log %s/nodeN/log\n"
           "  restart a killed node: sh %s/nodeN/command\n\n"
           "Any key works at any node. Ctrl-C stops the cluster and keeps the data.\n",
           port, dir, dir, dir);
    fflush(stdout);
}

static int run(struct dev_cluster *cluster, const struct dev_launch *launch, const char *dir)
{
    enum dev_outcome outcome = dev_cluster_start(cluster, launch);
    int status = outcome == DEV_FAILED ? CLI_FAILED : CLI_OK;
    if (outcome == DEV_UP) {
        write_count(dir, cluster->count);
        print_greeting(cluster, dir);
        if (!dev_cluster_watch(cluster)) {
            fprintf(stderr, "gramme dev: no node is left\n");
            status = CLI_FAILED;
        }
    }
    dev_cluster_stop(cluster);
    return status;
}

int cli_dev(int argc, char **argv)
{
    struct dev_flags flags = dev_flags_parse(argc, argv);
    char program[PATH_MAX] = "";
    char config[PATH_MAX];
    char dir[PATH_MAX];
    unsetenv("GRAMME_JOIN");    /* would make the founder join some other cluster */
    unsetenv("GRAMME_REPLACE"); /* is for a node that joins one */
    int status = check_settings(&flags, argv[0]);
    if (status != CLI_OK) {
        return status;
    }
    if (flags.settings.config != NULL && realpath(flags.settings.config, config) != NULL) {
        flags.settings.config = config; /* the command line of a node works from any directory */
    }
    if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0) {
        perror("gramme dev: /proc/self/exe");
        return CLI_FAILED;
    }
    if (flags.nodes == 0) {
        flags.nodes = read_count(flags.dir);
    }
    struct dev_cluster cluster;
    if (!dev_ports_check(flags.port, flags.nodes) || !make_dir(flags.dir, dir) ||
        !dev_cluster_init(&cluster, dir, flags.nodes, flags.port)) {
        return CLI_FAILED;
    }
    struct dev_launch launch = {.program = program, .settings = &flags.settings};
    return run(&cluster, &launch, dir);
}
