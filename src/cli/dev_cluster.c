#include "cli/dev_cluster.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/cluster_view.h"
#include "cli/dev_ports.h"

#define READY_MS 60000 /* opening a large store may replay its log */
#define STOP_MS 15000  /* draining is bounded by the deadline of requests */
#define LOOK_MS 50     /* between looks at whether the nodes see each other */

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool dev_cluster_init(struct dev_cluster *cluster, const char *dir, unsigned count, unsigned port)
{
    *cluster = (struct dev_cluster){.count = count};
    for (unsigned i = 0; i < count; i++) {
        dev_node_init(&cluster->nodes[i], dir, i + 1, port + i);
    }
    sigset_t taken;
    sigemptyset(&taken);
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        sigaddset(&taken, signals[i]);
    }
    sigprocmask(SIG_BLOCK, &taken, NULL);
    cluster->signal_fd = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
    if (cluster->signal_fd < 0) {
        perror("gramme dev: signalfd");
    }
    return cluster->signal_fd >= 0;
}

static struct dev_node *node_of_pid(struct dev_cluster *cluster, pid_t pid)
{
    for (unsigned i = 0; i < cluster->count; i++) {
        if (cluster->nodes[i].pid == pid) {
            return &cluster->nodes[i];
        }
    }
    return NULL;
}

static void report_end(const struct dev_node *node, int status)
{
    if (WIFSIGNALED(status)) {
        fprintf(stderr, "gramme dev: node %u was ended by signal %d (%s)\n", node->number, WTERMSIG(status),
                strsignal(WTERMSIG(status)));
    } else {
        fprintf(stderr, "gramme dev: node %u ended with exit status %d\n", node->number, WEXITSTATUS(status));
    }
    dev_node_print_log(node, stderr);
    fprintf(stderr, "  start it again with: sh %s/command\n", node->dir);
}

static void reap(struct dev_cluster *cluster)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        struct dev_node *node = node_of_pid(cluster, pid);
        if (node == NULL) {
            continue;
        }
        dev_node_ended(node);
        if (!cluster->stopping) {
            cluster->ends++;
            report_end(node, status);
        }
    }
}

static void take_signals(struct dev_cluster *cluster)
{
    struct signalfd_siginfo info;
    while (read(cluster->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo != SIGCHLD) {
            cluster->stop_wanted = true;
        }
    }
    reap(cluster);
}

/* Wait for whatever comes first, at most `timeout_ms` (-1: for ever), and take it in. */
static void wait_once(struct dev_cluster *cluster, int timeout_ms)
{
    struct pollfd polls[DEV_NODES_MAX + 1] = {{.fd = cluster->signal_fd, .events = POLLIN}};
    for (unsigned i = 0; i < cluster->count; i++) {
        polls[i + 1] = (struct pollfd){.fd = cluster->nodes[i].ready_fd, .events = POLLIN};
    }
    if (poll(polls, cluster->count + 1, timeout_ms) <= 0) {
        return;
    }
    for (unsigned i = 0; i < cluster->count; i++) {
        if (polls[i + 1].revents != 0) {
            dev_node_hear(&cluster->nodes[i]);
        }
    }
    take_signals(cluster);
}

static unsigned count_of(const struct dev_cluster *cluster, enum dev_node_state state)
{
    unsigned count = 0;
    for (unsigned i = 0; i < cluster->count; i++) {
        count += cluster->nodes[i].state == state;
    }
    return count;
}

/* The outcome so far of a start that is not finished; DEV_UP: nothing speaks against it. */
static enum dev_outcome look(const struct dev_cluster *cluster)
{
    if (cluster->stop_wanted) {
        return DEV_INTERRUPTED;
    }
    return cluster->ends > 0 ? DEV_FAILED : DEV_UP;
}

static enum dev_outcome wait_ready(struct dev_cluster *cluster, unsigned wanted)
{
    uint64_t deadline = now_ms() + READY_MS;
    while (look(cluster) == DEV_UP && count_of(cluster, DEV_NODE_READY) < wanted) {
        uint64_t now = now_ms();
        if (now >= deadline) {
            fprintf(stderr, "gramme dev: only %u of %u nodes are ready after %d s; see their logs\n",
                    count_of(cluster, DEV_NODE_READY), wanted, READY_MS / 1000);
            return DEV_FAILED;
        }
        wait_once(cluster, (int)(deadline - now));
    }
    return look(cluster);
}

/* Does this node reach all the others? A cluster may have more members than were started now. */
static bool sees_all(const struct dev_node *node, unsigned count)
{
    char address[64];
    char error_text[512];
    snprintf(address, sizeof(address), DEV_HOST ":%u", node->port);
    json_t *status = cluster_view_ask(address, error_text, sizeof(error_text));
    unsigned reached = 0;
    size_t index;
    json_t *member;
    json_array_foreach(json_object_get(status, "members"), index, member)
    {
        reached += json_is_true(json_object_get(member, "reachable")); /* its own entry is, too */
    }
    json_decref(status);
    return reached >= count;
}

static enum dev_outcome wait_joined(struct dev_cluster *cluster)
{
    uint64_t deadline = now_ms() + READY_MS;
    for (unsigned i = 0; i < cluster->count && look(cluster) == DEV_UP;) {
        if (sees_all(&cluster->nodes[i], cluster->count)) {
            i++;
        } else if (now_ms() >= deadline) {
            fprintf(stderr, "gramme dev: node %u does not see all the others after %d s; see %s/log\n",
                    cluster->nodes[i].number, READY_MS / 1000, cluster->nodes[i].dir);
            return DEV_FAILED;
        } else {
            wait_once(cluster, LOOK_MS);
        }
    }
    return look(cluster);
}

enum dev_outcome dev_cluster_start(struct dev_cluster *cluster, const struct dev_launch *launch)
{
    if (!dev_node_start(&cluster->nodes[0], launch)) {
        return DEV_FAILED;
    }
    enum dev_outcome outcome = wait_ready(cluster, 1);
    struct dev_launch joining = *launch;
    joining.join_port = cluster->nodes[0].port + DEV_PEER_OFFSET;
    for (unsigned i = 1; i < cluster->count && outcome == DEV_UP; i++) {
        outcome = dev_node_start(&cluster->nodes[i], &joining) ? DEV_UP : DEV_FAILED;
    }
    if (outcome == DEV_UP) {
        outcome = wait_ready(cluster, cluster->count);
    }
    return outcome == DEV_UP ? wait_joined(cluster) : outcome;
}

bool dev_cluster_watch(struct dev_cluster *cluster)
{
    while (!cluster->stop_wanted && count_of(cluster, DEV_NODE_OFF) < cluster->count) {
        wait_once(cluster, -1);
    }
    return cluster->stop_wanted;
}

static void signal_all(struct dev_cluster *cluster, int number)
{
    for (unsigned i = 0; i < cluster->count; i++) {
        if (cluster->nodes[i].pid != 0) {
            kill(cluster->nodes[i].pid, number);
        }
    }
}

void dev_cluster_stop(struct dev_cluster *cluster)
{
    cluster->stopping = true;
    signal_all(cluster, SIGTERM);
    uint64_t deadline = now_ms() + STOP_MS;
    bool killed = false;
    while (count_of(cluster, DEV_NODE_OFF) < cluster->count) {
        uint64_t now = now_ms();
        if (now < deadline) {
            wait_once(cluster, (int)(deadline - now));
        } else if (!killed) {
            fprintf(stderr, "gramme dev: %u nodes did not stop in %d s and are killed\n",
                    cluster->count - count_of(cluster, DEV_NODE_OFF), STOP_MS / 1000);
            signal_all(cluster, SIGKILL);
            killed = true;
        } else {
            wait_once(cluster, -1);
        }
    }
    close(cluster->signal_fd);
}
