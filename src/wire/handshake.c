#include "wire/handshake.h"

#include "base/error.h"

struct wire_message handshake_hello(const struct handshake_self *self)
{
    return (struct wire_message){
        .type = WIRE_hello,
        .hello = {.magic = WIRE_MAGIC,
                  .version_oldest = WIRE_VERSION_OLDEST,
                  .version_newest = WIRE_VERSION,
                  .cluster = self->cluster,
                  .node = self->node},
    };
}

/* The newest version that both speak, 0 when there is none. */
static uint16_t common_version(const struct wire_hello *hello)
{
    uint16_t newest = hello->version_newest < WIRE_VERSION ? hello->version_newest : WIRE_VERSION;
    uint16_t oldest = hello->version_oldest > WIRE_VERSION_OLDEST ? hello->version_oldest : WIRE_VERSION_OLDEST;
    return oldest <= newest ? newest : 0;
}

static int check_node(const struct handshake_self *self, const struct wire_hello *hello, const char **ret_text)
{
    if (hello->node == 0) {
        *ret_text = "node id 0";
        return GR_EINVAL;
    }
    if (hello->node == self->node) {
        *ret_text = "this is the same node: the address is its own, or its data directory was copied";
        return GR_EINVAL;
    }
    return 0;
}

static int check_cluster(const struct handshake_self *self, const struct wire_hello *hello, const char **ret_text)
{
    if (self->cluster == 0 && hello->cluster == 0) {
        *ret_text = "neither node has a cluster yet: join one that has";
        return GR_EFOREIGN;
    }
    if (self->cluster != 0 && hello->cluster != 0 && self->cluster != hello->cluster) {
        *ret_text = "the nodes belong to different clusters: check the address, or the data directory";
        return GR_EFOREIGN;
    }
    return 0;
}

int handshake_check(const struct handshake_self *self, const struct wire_message *hello, uint16_t *ret_version,
                    const char **ret_text)
{
    if (hello->type != WIRE_hello || hello->hello.magic != WIRE_MAGIC) {
        *ret_text = "not a gramme peer";
        return GR_EPROTO;
    }
    uint16_t version = common_version(&hello->hello);
    if (version == 0) {
        *ret_text = "no protocol version that both speak: upgrade the older node";
        return GR_EVERSION;
    }
    int error = check_node(self, &hello->hello, ret_text);
    if (error == 0) {
        error = check_cluster(self, &hello->hello, ret_text);
    }
    if (error == 0) {
        *ret_version = version;
    }
    return error;
}
