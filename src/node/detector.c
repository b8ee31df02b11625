#include "node/detector.h"

#include "node/internal.h"

void detector_init(struct detector *detector)
{
    *detector = (struct detector){.list = NULL};
}

void detector_done(struct detector *detector)
{
    (void)detector;
}

void detector_peer_up(struct node *node, uint64_t peer)
{
    (void)node, (void)peer;
}

void detector_peer_down(struct node *node, uint64_t peer)
{
    (void)node, (void)peer;
}

void detector_heard(struct node *node, uint64_t peer)
{
    (void)node, (void)peer;
}

void detector_asked(struct node *node, uint64_t peer)
{
    (void)node, (void)peer;
}

void detector_took(struct node *node, uint64_t peer, uint64_t took_ms)
{
    (void)node, (void)peer, (void)took_ms;
}

bool detector_is_healthy(const struct node *node, uint64_t peer)
{
    return node_peer_is_up(node, peer);
}

uint32_t detector_hedge_ms(const struct node *node, uint64_t peer)
{
    return peer == node->config.node ? 0 : DETECTOR_HEDGE_MAX_MS;
}

void ping_recv(struct node *node, uint64_t from, const struct wire_ping *message)
{
    env_send(&node->env, from, WIRE_pong)->pong.number = message->number;
}

void pong_recv(struct node *node, uint64_t from, const struct wire_pong *message)
{
    (void)node, (void)from, (void)message;
}

void rumour_recv(struct node *node, uint64_t from, const struct wire_rumour *message)
{
    (void)node, (void)from, (void)message;
}
