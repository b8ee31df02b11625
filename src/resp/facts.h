/* What this server says it is. */
#ifndef GR_RESP_FACTS_H
#define GR_RESP_FACTS_H

/* The Redis whose texts and types are followed; clients choose their features by it. */
#define REDIS_VERSION "7.0.15"

#endif
