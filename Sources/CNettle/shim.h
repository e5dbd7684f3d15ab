// Nettle: SHA-256. Debian and Ubuntu link libarchive with it, so it costs no further library.
#include <nettle/sha2.h>
