#include "cli/dev_node.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "cli/dev_ports.h"

#define LOG_TAIL_BYTES 2048
#define LOG_TAIL_LINES 8

/* The child's argv. */
struct arguments {
    char *list[SETTINGS_COUNT + 12]; /* program, server, config, ready-fd, five of our own, each setting, NULL */
    int count;
};

void dev_node_init(struct dev_node *node, const char *dir, unsigned number, unsigned port)
{
    *node = (struct dev_node){.number = number, .port = port, .ready_fd = -1};
    int len = snprintf(node->dir, sizeof(node->dir), "%s/node%u", dir, number);
    GR_ASSERT(len > 0 && (size_t)len < sizeof(node->dir) - sizeof("/command"));
}

static void path_of(const struct dev_node *node, const char *name, char ret[PATH_MAX])
{
    snprintf(ret, PATH_MAX, "%.*s/%s", PATH_MAX - 16, node->dir, name);
}

static bool complain(const struct dev_node *node, const char *what)
{
    fprintf(stderr, "gramme dev: node %u: %s: %s\n", node->number, what, strerror(errno));
    return false;
}

__attribute__((format(printf, 2, 3))) static void add(struct arguments *arguments, const char *format, ...)
{
    GR_ASSERT_LT((size_t)arguments->count, sizeof(arguments->list) / sizeof(arguments->list[0]) - 1);
    va_list values;
    va_start(values, format);
    char *text;
    if (vasprintf(&text, format, values) < 0) {
        abort();
    }
    va_end(values);
    arguments->list[arguments->count++] = text;
}

static void arguments_done(struct arguments *arguments)
{
    for (int i = 0; i < arguments->count; i++) {
        free(arguments->list[i]);
    }
}

static void collect(const struct dev_node *node, const struct dev_launch *launch, struct arguments *ret)
{
    add(ret, "%s", launch->program);
    add(ret, "server");
    add(ret, "--data=%s/data", node->dir);
    add(ret, "--listen=" DEV_HOST ":%u", node->port);
    add(ret, "--peer=" DEV_HOST ":%u", node->port + DEV_PEER_OFFSET);
    add(ret, "--http=" DEV_HOST ":%u", node->port + DEV_HTTP_OFFSET);
    if (launch->join_port != 0) {
        add(ret, "--join=" DEV_HOST ":%u", launch->join_port);
    }
    if (launch->settings->config != NULL) {
        add(ret, "--config=%s", launch->settings->config);
    }
    for (int i = 0; i < SETTINGS_COUNT; i++) {
        if (launch->settings->values[i] != NULL) {
            add(ret, "--%s=%s", settings_flags_name((enum setting)i), launch->settings->values[i]);
        }
    }
}

static void print_quoted(const char *text, FILE *file)
{
    fputc('\'', file);
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            fputs("'\\''", file);
        } else {
            fputc(*text, file);
        }
    }
    fputc('\'', file);
}

/* Who starts the node again by it finds the process where we would have noted it. */
static bool write_command(const struct dev_node *node, const struct arguments *arguments)
{
    char path[PATH_MAX];
    char pid_path[PATH_MAX];
    path_of(node, "command", path);
    path_of(node, "pid", pid_path);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return complain(node, path);
    }
    fputs("echo $$ > ", file);
    print_quoted(pid_path, file);
    fputs("\nexec", file);
    for (int i = 0; i < arguments->count; i++) {
        fputc(' ', file);
        print_quoted(arguments->list[i], file);
    }
    fputc('\n', file);
    return fclose(file) == 0 || complain(node, path);
}

static bool write_pid(const struct dev_node *node)
{
    char path[PATH_MAX];
    path_of(node, "pid", path);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return complain(node, path);
    }
    fprintf(file, "%d\n", (int)node->pid);
    return fclose(file) == 0 || complain(node, path);
}

/* In the child: a process group of its own, so that Ctrl-C reaches it through us only, in order; and an end with us,
 * however we end. Async-signal-safe, as everything between fork and exec. */
static _Noreturn void become(char *const *list, pid_t parent, int log_fd, int ready_fd)
{
    sigset_t none;
    sigemptyset(&none);
    int null_fd = open("/dev/null", O_RDONLY);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
        _exit(1);
    }
    sigprocmask(SIG_SETMASK, &none, NULL);
    fcntl(ready_fd, F_SETFD, 0);
    dup2(null_fd, STDIN_FILENO);
    dup2(log_fd, STDOUT_FILENO);
    dup2(log_fd, STDERR_FILENO);
    execv(list[0], list);
    _exit(127);
}

static bool spawn(struct dev_node *node, struct arguments *arguments, int log_fd)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return complain(node, "pipe");
    }
    add(arguments, "--ready-fd=%d", ends[1]);
    arguments->list[arguments->count] = NULL;
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        become(arguments->list, parent, log_fd, ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return complain(node, "fork");
    }
    node->pid = pid;
    node->ready_fd = ends[0];
    node->state = DEV_NODE_STARTING;
    return true;
}

static bool start_with(struct dev_node *node, struct arguments *arguments)
{
    char path[PATH_MAX];
    path_of(node, "log", path);
    if (mkdir(node->dir, 0777) != 0 && errno != EEXIST) {
        return complain(node, node->dir);
    }
    int log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (log_fd < 0) {
        return complain(node, path);
    }
    bool done = write_command(node, arguments) && spawn(node, arguments, log_fd) && write_pid(node);
    close(log_fd);
    return done;
}

bool dev_node_start(struct dev_node *node, const struct dev_launch *launch)
{
    GR_ASSERT_EQ(node->state, DEV_NODE_OFF);
    struct arguments arguments = {.count = 0};
    collect(node, launch, &arguments);
    bool done = start_with(node, &arguments);
    arguments_done(&arguments);
    return done;
}

static void close_ready_fd(struct dev_node *node)
{
    if (node->ready_fd >= 0) {
        close(node->ready_fd);
        node->ready_fd = -1;
    }
}

void dev_node_hear(struct dev_node *node)
{
    char text[16];
    ssize_t count = read(node->ready_fd, text, sizeof(text));
    if (count > 0) {
        node->state = DEV_NODE_READY;
    }
    close_ready_fd(node);
}

void dev_node_ended(struct dev_node *node)
{
    char path[PATH_MAX];
    path_of(node, "pid", path);
    unlink(path);
    close_ready_fd(node);
    node->pid = 0;
    node->state = DEV_NODE_OFF;
}

/* The start of the last LOG_TAIL_LINES lines of a text. */
static const char *last_lines(const char *text, size_t len)
{
    unsigned lines = 0;
    for (size_t at = len; at > 0; at--) {
        if (text[at - 1] == '\n' && at != len && ++lines == LOG_TAIL_LINES) {
            return text + at;
        }
    }
    return text;
}

void dev_node_print_log(const struct dev_node *node, FILE *file)
{
    char path[PATH_MAX];
    char text[LOG_TAIL_BYTES + 1];
    path_of(node, "log", path);
    FILE *log = fopen(path, "r");
    if (log == NULL) {
        return;
    }
    if (fseek(log, -LOG_TAIL_BYTES, SEEK_END) != 0) {
        rewind(log);
    }
    size_t len = fread(text, 1, LOG_TAIL_BYTES, log);
    text[len] = '\0';
    fclose(log);
    fprintf(file, "  the end of %s:\n", path);
    for (const char *line = last_lines(text, len); *line != '\0';) {
        size_t line_len = strcspn(line, "\n");
        fprintf(file, "    %.*s\n", (int)line_len, line);
        line += line_len + (line[line_len] == '\n');
    }
}
