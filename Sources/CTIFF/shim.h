// libtiff: TIFF images. Its functions with variable arguments cannot be called from Swift, so those
// that are needed stand here in a fixed form.
#include <stdarg.h>
#include <stdio.h>
#include <tiffio.h>

static inline char *tiff_message(void) {
  static _Thread_local char message[256];
  return message;
}

static inline void tiff_note_error(const char *module, const char *format, va_list arguments) {
  (void)module;
  // The first error is the cause of those that follow.
  char *message = tiff_message();
  if (!message[0]) vsnprintf(message, 256, format, arguments);
}

// What went wrong on this thread since it was last asked.
static inline const char *tiff_take_message(char *target, size_t size) {
  snprintf(target, size, "%s", tiff_message());
  tiff_message()[0] = 0;
  return target;
}

static inline void tiff_collect_errors(void) {
  TIFFSetErrorHandler(tiff_note_error);
  TIFFSetWarningHandler(NULL);
}

// A field of one number of the given width; the fallback where the file says nothing.
static inline uint32_t tiff_long(TIFF *tiff, uint32_t tag, uint32_t fallback) {
  uint32_t value = fallback;
  return TIFFGetField(tiff, tag, &value) == 1 ? value : fallback;
}

static inline uint32_t tiff_short(TIFF *tiff, uint32_t tag, uint32_t fallback) {
  uint16_t value = (uint16_t)fallback;
  return TIFFGetFieldDefaulted(tiff, tag, &value) == 1 ? value : fallback;
}

static inline int tiff_set_short(TIFF *tiff, uint32_t tag, int value) {
  return TIFFSetField(tiff, tag, value);
}

// Opens what the callbacks read, without mapping it; libtiff takes at most `most` bytes in one go.
static inline TIFF *tiff_open(
    thandle_t context, tmsize_t most, TIFFReadWriteProc read, TIFFReadWriteProc write,
    TIFFSeekProc seek, TIFFCloseProc close, TIFFSizeProc size) {
#if TIFFLIB_VERSION >= 20221213
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (!options) return NULL;
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, most);
  TIFF *tiff =
      TIFFClientOpenExt("image", "rm", context, read, write, seek, close, size, NULL, NULL, options);
  TIFFOpenOptionsFree(options);
  return tiff;
#else
  (void)most;
  return TIFFClientOpen("image", "rm", context, read, write, seek, close, size, NULL, NULL);
#endif
}
