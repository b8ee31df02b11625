#include "resp/turn.h"

#include <utlist.h>

#include "resp/session_state.h"

static void join_line(struct session *session)
{
    struct turn *turn = &session->sessions->turn;
    if (!session->is_in_line) {
        session->is_in_line = true;
        turn->rests_total++;
        DL_APPEND2(turn->line, session, line_prev, line_next);
    }
}

void turn_leave(struct session *session)
{
    if (session->is_in_line) {
        session->is_in_line = false;
        DL_DELETE2(session->sessions->turn.line, session, line_prev, line_next);
    }
}

bool turn_allows(struct session *session)
{
    const struct turn *turn = &session->sessions->turn;
    bool allows = !turn->is_bounded;
    if (turn->visited == session) {
        allows = turn->visit > 0;
    } else if (turn->line == NULL) {
        allows = allows || turn->units > 0;
    }
    if (!allows) {
        join_line(session);
    }
    return allows;
}

static uint32_t less(uint32_t units, size_t cost)
{
    return cost < units ? units - (uint32_t)cost : 0;
}

void turn_took(struct session *session, size_t bytes)
{
    struct turn *turn = &session->sessions->turn;
    size_t cost = 1 + bytes / TURN_UNIT_BYTES;
    turn->units = less(turn->units, cost);
    turn->visit = less(turn->visit, cost);
}

static void visit(struct turn *turn, struct session *session)
{
    turn_leave(session);
    turn->visited = session;
    turn->visit = TURN_VISIT;
    session_advance(session);
    turn->visited = NULL;
}

void sessions_turn(struct sessions *sessions)
{
    struct turn *turn = &sessions->turn;
    turn->is_bounded = true;
    turn->units = TURN_UNITS;
    while (turn->line != NULL && turn->units > 0) {
        visit(turn, turn->line);
    }
}

bool sessions_have_line(const struct sessions *sessions)
{
    return sessions->turn.line != NULL;
}
