/* One list of everything that can go wrong, for every room.
 *
 * A function returns 0 or a negative GR_E value. The first group may pass by itself and is worth a retry; the second
 * will not change without somebody doing something. Texts are for logs; what clients read is written in
 * resp/error.c.
 */
#ifndef GR_BASE_ERROR_H
#define GR_BASE_ERROR_H

/* name, value, text */
#define GR_ERRORS(X)                                                         \
    /* transient: 1-29 */                                                    \
    X(GR_EBUSY, -1, "a bounded queue or pool is full")                       \
    X(GR_ETIMEOUT, -2, "no answer in time; the operation may have happened") \
    X(GR_ENOQUORUM, -3, "too few replicas answered")                         \
    X(GR_EAGAIN, -4, "would block")                                          \
    X(GR_ESHUTDOWN, -5, "shutting down")                                     \
    X(GR_EUNREACHABLE, -6, "peer unreachable")                               \
    X(GR_EOVERTAKEN, -8, "a newer write is there already")                   \
    X(GR_ENOTOWNER, -7, "not an owner of this key")                          \
    X(GR_ENOCOPY, -9, "holds no copy that could tell")                       \
    /* lasting: 30 and up */                                                 \
    X(GR_ENOMEM, -30, "out of memory")                                       \
    X(GR_EINVAL, -31, "invalid argument")                                    \
    X(GR_ECORRUPT, -32, "data failed its check")                             \
    X(GR_EIO, -33, "input/output error")                                     \
    X(GR_ENOSPC, -34, "no space left on the device")                         \
    X(GR_ETOOBIG, -35, "larger than the limit")                              \
    X(GR_EPROTO, -36, "protocol error")                                      \
    X(GR_EFOREIGN, -37, "belongs to another cluster")                        \
    X(GR_EVERSION, -38, "version not supported")                             \
    X(GR_ENOTEMPTY, -39, "the ring already holds data")                      \
    X(GR_ENOENT, -40, "no such thing")                                       \
    X(GR_EEXIST, -41, "already there")                                       \
    X(GR_EACCES, -42, "permission denied")                                   \
    X(GR_EINUSE, -43, "in use by another process")                           \
    X(GR_EWRONGTYPE, -44, "the value has another type")                      \
    X(GR_ECONFLICT, -45, "the key has concurrent values")                    \
    X(GR_EFENCED, -46, "another node has taken its place")

enum gr_error {
#define GR_ERROR_ENUM(name, value, text) name = (value),
    GR_ERRORS(GR_ERROR_ENUM)
#undef GR_ERROR_ENUM
};

/* The text of an error, "ok" for 0, "unknown error" for what is not in the list. Static; never NULL. */
const char *gr_error_text(int error);

/* The identifier of an error, for logs and traces: "GR_EBUSY". Static; never NULL. */
const char *gr_error_name(int error);

#endif
