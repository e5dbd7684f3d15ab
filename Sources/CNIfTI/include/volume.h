// NIfTI-1 volumes in one file (.nii, .nii.gz), read by niftilib as axial slices in radiological view: the top is anterior,
// the left is the patient's right, and slices go from inferior to superior. A malformed file can exhaust the memory, so
// these functions belong in a process of their own.
#ifndef VOLUME_H
#define VOLUME_H

#include <stddef.h>
#include <stdint.h>

enum { VOLUME_MESSAGE_SIZE = 256 };

typedef struct volume_file volume_file;

typedef struct {
  int64_t rows, columns, slices;    // all volumes' slices, one volume after the other
  double row_spacing, column_spacing;  // in mm
  double darkest, brightest;        // the range to show; equal if there is none
} volume_shape;

// Reads a volume from the beginning of an open file; without voxels, its header only. On failure NULL, with the reason.
volume_file *volume_open(int descriptor, int with_voxels, volume_shape *shape,
                         char message[VOLUME_MESSAGE_SIZE]);
void volume_close(volume_file *file);

// Copies a slice, scaled as the header says: `target` [rows, columns].
void volume_slice(const volume_file *file, int64_t index, float *target);

#endif
