#include "store/crc32c.h"

#define POLYNOMIAL_REFLECTED 0x82f63b78u

uint32_t crc32c(struct bytes bytes)
{
    uint32_t crc = ~0u;
    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= bytes.data[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = (crc & 1u) != 0 ? crc >> 1 ^ POLYNOMIAL_REFLECTED : crc >> 1;
        }
    }
    return ~crc;
}

uint32_t crc32c_mask(uint32_t crc)
{
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}
