/* The words of the trace: what each event and effect is called. Of trace.c only. */
#ifndef GR_SIM_TRACE_WORDS_H
#define GR_SIM_TRACE_WORDS_H

#include "sim/trace.h"

/* Membership talk, that goes on all the time? */
bool trace_is_gossip(const struct wire_message *message);

/* That, or what nodes ask each other all the time to find out what is amiss? */
bool trace_is_chatter(const struct wire_message *message);

/* Two effects that send the same thing? */
bool trace_same_message(const struct effect *a, const struct effect *b);

/* What a node is called; '?' for an id that is no more. */
char trace_letter(const struct world *world, uint64_t id);

/* [a 12.3]: see trace.h. */
void trace_dot(struct trace *trace, const struct world *world, struct dot dot);

void trace_event(struct trace *trace, const struct world *world, unsigned node, const struct event *event);

/* Without the receiver of a message. */
void trace_effect(struct trace *trace, const struct world *world, unsigned node, const struct effect *effect);

/* The load or store that the event answers is under way no more. */
void trace_forget(struct trace *trace, unsigned node, const struct event *event);

#endif
