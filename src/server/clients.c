#include "server/clients.h"

#include <poll.h>
#include <stdlib.h>

#include <utlist.h>

#include "base/assert.h"
#include "base/error.h"
#include "server/address.h"
#include "server/log.h"

#define KEEPALIVE_SECONDS 300
#define CLOSED_LOG_EVERY_MS 1000u

struct client {
    uv_tcp_t tcp;
    uv_write_t write;
    struct clients *clients;
    struct session *session; /* NULL: over the limit, being told so */
    size_t writing_bytes;
    bool is_reading;
    bool is_writing;
    bool is_closing;
    bool is_dirty;
    struct client *next, *prev;
    struct client *dirty_next, *dirty_prev;
};

void clients_init(struct clients *clients, uv_loop_t *loop, struct sessions *sessions, void (*received)(void *context),
                  void *context)
{
    *clients = (struct clients){
        .loop = loop, .sessions = sessions, .received = received, .context = context, .due_ms = UINT64_MAX};
}

static void mark_dirty(struct client *client)
{
    if (!client->is_dirty && !client->is_closing) {
        client->is_dirty = true;
        DL_APPEND2(client->clients->dirty, client, dirty_prev, dirty_next);
    }
}

void clients_wake(void *context)
{
    mark_dirty(context);
}

static void on_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    GR_ASSERT(!client->is_dirty);
    if (client->session != NULL) {
        session_free(client->session);
    }
    free(client);
}

static void mark_clean(struct client *client)
{
    if (client->is_dirty) {
        client->is_dirty = false;
        DL_DELETE2(client->clients->dirty, client, dirty_prev, dirty_next);
    }
}

static void close_client(struct client *client)
{
    if (!client->is_closing) {
        client->is_closing = true;
        mark_clean(client);
        DL_DELETE(client->clients->list, client);
        uv_close((uv_handle_t *)&client->tcp, on_closed);
    }
}

static void tell_closed(struct clients *clients, const char *reason)
{
    uint64_t suppressed;
    if (log_limit_pass(&clients->closed, uv_now(clients->loop), CLOSED_LOG_EVERY_MS, &suppressed)) {
        log_warn(LOG_MSG("closed a client connection"), LOG_TEXT("reason", reason),
                 LOG_NUMBER("suppressed", suppressed));
    }
}

static bool is_overdue(const struct clients *clients, uint64_t now_ms)
{
    return now_ms > clients->due_ms && now_ms - clients->due_ms > CLIENTS_PATIENCE_MS;
}

/* Whoever stopped the process may have interrupted the wait for bytes, too: they come with the next one. */
void clients_expect(struct clients *clients, uint64_t ms)
{
    uint64_t now_ms = uv_now(clients->loop);
    if (is_overdue(clients, now_ms)) {
        clients->doubt_until_ms = now_ms + CLIENTS_PATIENCE_MS;
    }
    clients->due_ms = ms;
}

static bool was_away(const struct clients *clients)
{
    uint64_t now_ms = uv_now(clients->loop);
    return now_ms < clients->doubt_until_ms || is_overdue(clients, now_ms);
}

static bool has_hung_up(const struct client *client)
{
    struct pollfd look = {.events = POLLRDHUP};
    return uv_fileno((const uv_handle_t *)&client->tcp, &look.fd) == 0 && poll(&look, 1, 0) > 0;
}

/* C3. True when it is closed. */
static bool close_given_up(struct client *client)
{
    bool has_given_up = was_away(client->clients) && has_hung_up(client);
    if (has_given_up) {
        tell_closed(client->clients, "it gave up while this node did not run; what it had sent is not carried out");
        close_client(client);
    }
    return has_given_up;
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    struct client *client = handle->data;
    size_t room = 0;
    uint8_t *place = session_input(client->session, &room);
    (void)suggested;
    *ret = uv_buf_init((char *)place, place == NULL ? 0 : (unsigned)room);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *place)
{
    struct client *client = stream->data;
    (void)place;
    if (count == UV_ENOBUFS) {
        uv_read_stop(stream);
        client->is_reading = false;
    } else if (count < 0) {
        close_client(client);
    } else if (count > 0 && !close_given_up(client)) {
        session_received(client->session, (size_t)count);
        mark_dirty(client);
        client->clients->received(client->clients->context);
    }
}

static void read_again(struct client *client)
{
    size_t room;
    if (client->is_reading || client->is_closing || client->clients->is_stopped ||
        session_is_closing(client->session) || session_input(client->session, &room) == NULL) {
        return;
    }
    client->is_reading = true;
    if (uv_read_start((uv_stream_t *)&client->tcp, on_room, on_read) != 0) {
        close_client(client);
    }
}

static void on_written(uv_write_t *request, int status)
{
    struct client *client = request->data;
    client->is_writing = false;
    if (status != 0) {
        close_client(client);
        return;
    }
    session_sent(client->session, client->writing_bytes);
    mark_dirty(client);
}

/* The kernel takes no more for now. The output stays where it is until session_sent. */
static void write_later(struct client *client, struct bytes rest)
{
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)rest.data, (unsigned)rest.len);
    client->writing_bytes = rest.len;
    client->is_writing = true;
    if (uv_write(&client->write, (uv_stream_t *)&client->tcp, &buf, 1, on_written) != 0) {
        client->is_writing = false;
        close_client(client);
    }
}

/* True when something was written, and there may be more to write. */
static bool write_some(struct client *client)
{
    struct bytes output = session_output(client->session);
    if (output.len == 0 || client->is_writing || client->is_closing) {
        return false;
    }
    size_t len = output.len < INT32_MAX ? output.len : INT32_MAX;
    uv_buf_t all = uv_buf_init((char *)(uintptr_t)output.data, (unsigned)len);
    int written = uv_try_write((uv_stream_t *)&client->tcp, &all, 1);
    if (written < 0 && written != UV_EAGAIN) {
        close_client(client);
        return false;
    }
    size_t sent = written < 0 ? 0 : (size_t)written;
    session_sent(client->session, sent);
    if (sent < len) {
        write_later(client, bytes_of(output.data + sent, len - sent));
    }
    return true;
}

static void look_after(struct client *client)
{
    const char *reason = NULL;
    if (session_is_killed(client->session, &reason)) {
        if (reason != NULL) {
            tell_closed(client->clients, reason);
        }
        close_client(client);
        return;
    }
    while (write_some(client)) {
        /* the session shows its output piece by piece */
    }
    if (client->is_closing || client->is_writing) {
        return;
    }
    if (session_is_closing(client->session) && session_output(client->session).len == 0) {
        close_client(client);
        return;
    }
    read_again(client);
}

void clients_flush(struct clients *clients)
{
    do {
        while (clients->dirty != NULL) {
            struct client *client = clients->dirty;
            mark_clean(client);
            look_after(client);
        }
    } while (sessions_share(clients->sessions));
}

void clients_stop_reading(struct clients *clients)
{
    struct client *client;
    clients->is_stopped = true;
    DL_FOREACH(clients->list, client)
    {
        uv_read_stop((uv_stream_t *)&client->tcp);
        client->is_reading = false;
    }
}

void clients_close(struct clients *clients)
{
    struct client *client, *next;
    clients_flush(clients);
    DL_FOREACH_SAFE(clients->list, client, next)
    {
        close_client(client);
    }
}

static struct client *client_new(struct clients *clients)
{
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        return NULL;
    }
    client->clients = clients;
    uv_tcp_init(clients->loop, &client->tcp);
    client->tcp.data = client;
    client->write.data = client;
    DL_APPEND(clients->list, client);
    return client;
}

static struct session *open_session(struct client *client)
{
    struct sockaddr_storage socket = {.ss_family = AF_UNSPEC};
    char remote[ADDRESS_TEXT_MAX];
    char local[ADDRESS_TEXT_MAX];
    int len = sizeof socket;
    uv_tcp_getpeername(&client->tcp, (struct sockaddr *)&socket, &len);
    address_of_socket(&socket, remote);
    len = sizeof socket;
    uv_tcp_getsockname(&client->tcp, (struct sockaddr *)&socket, &len);
    address_of_socket(&socket, local);
    return session_new(client->clients->sessions, remote, local, client);
}

static void turn_away(struct client *client)
{
    static char text[] = "-ERR max number of clients reached\r\n";
    uv_buf_t buf = uv_buf_init(text, sizeof text - 1);
    client->clients->refused++;
    uv_try_write((uv_stream_t *)&client->tcp, &buf, 1);
    close_client(client);
}

void clients_accept(struct clients *clients, uv_stream_t *server)
{
    struct client *client = client_new(clients);
    if (client == NULL) {
        return;
    }
    if (uv_accept(server, (uv_stream_t *)&client->tcp) != 0) {
        close_client(client);
        return;
    }
    clients->accepted++;
    if (close_given_up(client)) {
        return;
    }
    uv_tcp_nodelay(&client->tcp, 1);
    uv_tcp_keepalive(&client->tcp, 1, KEEPALIVE_SECONDS);
    client->session = open_session(client);
    if (client->session == NULL) {
        turn_away(client);
        return;
    }
    log_debug(LOG_MSG("client connected"), LOG_NUMBER("clients", sessions_count(clients->sessions)));
    read_again(client);
}
