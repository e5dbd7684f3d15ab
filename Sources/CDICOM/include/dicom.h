// DICOM files, read and decoded by GDCM. No exception leaves these functions; a malformed file can still crash the
// process or exhaust its memory, so they belong in a process of their own.
#ifndef DICOM_H
#define DICOM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { DICOM_MESSAGE_SIZE = 256 };

typedef struct dicom_file dicom_file;

// Reads a file, which is `size` bytes from `start` of an open one; without pixels, only up to them. On failure NULL,
// with the reason in `message`. Afterwards the descriptor is no longer used.
dicom_file *dicom_open(int descriptor, int64_t start, int64_t size, int with_pixels, char message[DICOM_MESSAGE_SIZE]);
void dicom_close(dicom_file *file);

// The UID of the transfer syntax.
const char *dicom_transfer_syntax(const dicom_file *file);

// Called for an element: its tag, preceded by those of the sequences that contain it with the index of the item, such
// as 52009230[3].00289132[0].00281050; and its value, in little endian.
typedef void (*dicom_visitor)(void *context, const char *place, const uint8_t *value, size_t length);

// Visits the standard elements, except pixels, icons and overlays, and except the functional groups of other frames than
// `frame`, unless that is -1. Returns 0, or -1 with the reason.
int dicom_visit(const dicom_file *file, long frame, dicom_visitor visitor, void *context, char message[DICOM_MESSAGE_SIZE]);

// How the samples of a decoded frame are stored.
typedef struct {
  uint32_t is_planar;      // whether there is a plane for each color
  uint32_t bits_allocated; // 8 or 16
  char colors[20];         // the photometric interpretation
} dicom_samples;

// Decodes a frame of pixels that have 8 or 16 bits allocated. Pixels that are not compressed are copied. Returns the
// number of bytes written to `target`, or -1 with the reason.
long dicom_frame(const dicom_file *file, long index, uint8_t *target, size_t capacity, dicom_samples *samples,
                 char message[DICOM_MESSAGE_SIZE]);

#ifdef __cplusplus
}
#endif
#endif
