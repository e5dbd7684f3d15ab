// Nettle: SHA-256, and for secure aggregation X25519, HMAC and ChaCha20-Poly1305. Debian and Ubuntu link libarchive
// with it, so it costs no further library.
#include <nettle/chacha-poly1305.h>
#include <nettle/chacha.h>
#include <nettle/curve25519.h>
#include <nettle/hmac.h>
#include <nettle/sha2.h>
