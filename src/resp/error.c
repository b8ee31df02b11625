#include "resp/error.h"

#include "base/error.h"

/* " (detail)" or nothing. */
static void write_with_detail(struct output *out, const char *text, struct bytes detail)
{
    if (detail.len == 0) {
        output_error(out, text);
        return;
    }
    output_errorf(out, "%s (%.*s)", text, (int)detail.len, (const char *)detail.data);
}

static void write_noquorum(struct output *out, const struct reply *reply)
{
    if (reply->detail.len == 0) {
        output_error(out, "NOQUORUM too few copies answered");
        return;
    }
    output_errorf(out, "NOQUORUM %.*s", (int)reply->detail.len, (const char *)reply->detail.data);
}

static void write_too_big(struct output *out, const struct command_spec *spec)
{
    bool edits = spec != NULL && (strcmp(spec->name, "append") == 0 || strcmp(spec->name, "setrange") == 0);
    output_error(out, edits ? "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
                            : "ERR value is too large: at most 16 MiB are stored under a key");
}

static void write_conflict(struct output *out, const struct reply *reply)
{
    output_errorf(out, "CONFLICT key has %u concurrent values; write it to resolve", (unsigned)reply->siblings);
}

/* What happened and what to do about it; the detail goes behind it. NULL: a status that no request should end with. */
static const char *text_of(int status)
{
    switch (status) {
    case GR_ETIMEOUT:
        return "TIMEOUT no answer within the deadline; the operation may have happened";
    case GR_EBUSY:
        return "BUSY too many requests in flight on this node; nothing was done, try again";
    case GR_EIO:
        return "IOERR the storage engine failed; the operation may have happened";
    case GR_ECORRUPT:
        return "IOERR stored copies of the key failed their check: look at the disk of the nodes whose INFO has "
               "objects_corrupt, and replace them";
    case GR_ENOSPC:
        return "DISKFULL no space left for writes; reads go on";
    case GR_ESHUTDOWN:
        return "BUSY this node is shutting down; try another";
    case GR_ENOMEM:
        return "ERR a node is out of memory; the operation may have happened: try again, and give that node more";
    case GR_EOVERTAKEN:
        return "ERR newer writes to the key kept coming in between; the operation may have happened: read the key, "
               "then "
               "try again";
    case GR_EUNREACHABLE:
        return "NOQUORUM no owner of the key can be reached from this node: try another node, or start the owners";
    case GR_ENOTOWNER:
        return "NOQUORUM the nodes asked do not own the key, the membership is still spreading: try again in a second";
    case GR_EFENCED:
        return "BUSY another node has taken the place of this one, and it stops: try another";
    default:
        return NULL;
    }
}

/* Refused for a reason that the detail tells in full. */
static bool is_refusal(const struct reply *reply)
{
    bool refused = reply->status == GR_EINVAL || reply->status == GR_ENOENT || reply->status == GR_EEXIST ||
                   reply->status == GR_EFENCED;
    return refused && reply->detail.len > 0;
}

static void write_stated(struct output *out, const struct reply *reply)
{
    const char *text = text_of(reply->status);
    if (is_refusal(reply)) {
        output_errorf(out, "ERR %.*s", (int)reply->detail.len, (const char *)reply->detail.data);
    } else if (text != NULL) {
        write_with_detail(out, text, reply->detail);
    } else {
        output_errorf(out, "ERR the request failed: %s; the operation may have happened, see the log of this node",
                      gr_error_text(reply->status));
    }
}

void error_write(struct output *out, const struct command_spec *spec, const struct reply *reply)
{
    switch (reply->status) {
    case GR_ENOQUORUM:
        write_noquorum(out, reply);
        return;
    case GR_ECONFLICT:
        write_conflict(out, reply);
        return;
    case GR_ETOOBIG:
        write_too_big(out, spec);
        return;
    default:
        write_stated(out, reply);
        return;
    }
}
