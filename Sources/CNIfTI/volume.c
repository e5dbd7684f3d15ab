#include "volume.h"

#include <math.h>
#include <nifti/nifti1_io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

// An axis of the slices: its length, and the step from one voxel to the next along it.
typedef struct {
  int64_t length, step, start;
  double spacing;
} axis;

struct volume_file {
  nifti_image *image;
  axis rows, columns, slices;
  int64_t volume, volumes;  // voxels in a volume, and the number of volumes
};

static volume_file *fail(volume_file *file, char *message, const char *reason) {
  snprintf(message, VOLUME_MESSAGE_SIZE, "%s", reason);
  volume_close(file);
  return NULL;
}

// The axes by the directions in which they run. Without a usable orientation, the first is to the right, the second to the
// front, and the third upward.
static int orient(volume_file *file) {
  const nifti_image *image = file->image;
  int codes[3] = {NIFTI_L2R, NIFTI_P2A, NIFTI_I2S};
  if (image->sform_code > 0)
    nifti_mat44_to_orientation(image->sto_xyz, &codes[0], &codes[1], &codes[2]);
  else if (image->qform_code > 0)
    nifti_mat44_to_orientation(image->qto_xyz, &codes[0], &codes[1], &codes[2]);
  int64_t lengths[3] = {image->nx, image->ny, image->nz}, step = 1;
  double spacings[3] = {image->dx, image->dy, image->dz};
  int found = 0;
  for (int i = 0; i < 3; i++) {
    // Forward is to the patient's left, to the back, and upward.
    int is_forward = codes[i] == NIFTI_R2L || codes[i] == NIFTI_A2P || codes[i] == NIFTI_I2S;
    axis own = {lengths[i], is_forward ? step : -step, is_forward ? 0 : (lengths[i] - 1) * step, spacings[i]};
    if (codes[i] == NIFTI_L2R || codes[i] == NIFTI_R2L) file->columns = own, found |= 1;
    if (codes[i] == NIFTI_P2A || codes[i] == NIFTI_A2P) file->rows = own, found |= 2;
    if (codes[i] == NIFTI_I2S || codes[i] == NIFTI_S2I) file->slices = own, found |= 4;
    step *= lengths[i];
  }
  file->volume = step;
  file->volumes = (int64_t)image->nvox / step;
  return found == 7;
}

static int is_read(int type) {
  switch (type) {
    case DT_UINT8: case DT_INT8: case DT_UINT16: case DT_INT16: case DT_UINT32: case DT_INT32: case DT_FLOAT32:
    case DT_FLOAT64: return 1;
    default: return 0;
  }
}

static int is_small(const nifti_image *image) {
  enum { MOST_VOXELS = 1 << 30, LONGEST = 1 << 15 };
  return image->nx >= 1 && image->nx <= LONGEST && image->ny >= 1 && image->ny <= LONGEST && image->nz >= 1 &&
         image->nz <= LONGEST && image->nvox >= 1 && image->nvox <= MOST_VOXELS;
}

// Reads the voxels in the byte order of this processor. Returns the reason for a failure.
static const char *read_voxels(nifti_image *image, gzFile stream) {
  enum { CHUNK = 1 << 30 };
  size_t size = image->nvox * (size_t)image->nbyper;
  if (!(image->data = malloc(size))) return "needs too much memory";
  if (gzseek(stream, image->iname_offset - (int64_t)sizeof(struct nifti_1_header), SEEK_CUR) < 0) return "truncated";
  for (size_t place = 0; place < size;) {
    unsigned count = (unsigned)(size - place < CHUNK ? size - place : CHUNK);
    int read = gzread(stream, (char *)image->data + place, count);
    if (read <= 0) return "truncated";
    place += (size_t)read;
  }
  if (image->swapsize > 1 && image->byteorder != nifti_short_order())
    nifti_swap_Nbytes(image->nvox, image->swapsize, image->data);
  return NULL;
}

volume_file *volume_open(int descriptor, int with_voxels, volume_shape *shape, char *message) {
  nifti_set_debug_level(0);
  volume_file *file = calloc(1, sizeof *file);
  if (!file) return fail(file, message, "out of memory");
  int copy = dup(descriptor);
  // zlib also reads files that are not compressed.
  gzFile stream = copy >= 0 && lseek(copy, 0, SEEK_SET) >= 0 ? gzdopen(copy, "rb") : NULL;
  if (!stream) {
    if (copy >= 0) close(copy);
    return fail(file, message, "cannot be read");
  }
  struct nifti_1_header header;
  const char *reason = NULL;
  if (gzread(stream, &header, sizeof header) != sizeof header)
    reason = "truncated";
  else if (memcmp(header.magic, "n+1", 4) != 0)
    reason = "not a NIfTI-1 volume";
  else if (!(file->image = nifti_convert_nhdr2nim(header, NULL)))
    reason = "malformed header";
  else if (!is_small(file->image))
    reason = "too large";
  else if (!is_read(file->image->datatype))
    reason = "unsupported type of voxels";
  else if (!orient(file))
    reason = "axes without direction";
  else if (with_voxels)
    reason = read_voxels(file->image, stream);
  gzclose(stream);
  if (reason) return fail(file, message, reason);
  const nifti_image *image = file->image;
  *shape = (volume_shape){file->rows.length, file->columns.length, file->slices.length * file->volumes,
                          file->rows.spacing, file->columns.spacing, image->cal_min, image->cal_max};
  return file;
}

void volume_close(volume_file *file) {
  if (!file) return;
  if (file->image) nifti_image_free(file->image);
  free(file);
}

static float voxel(const nifti_image *image, int64_t place) {
  switch (image->datatype) {
    case DT_UINT8: return ((const uint8_t *)image->data)[place];
    case DT_INT8: return ((const int8_t *)image->data)[place];
    case DT_UINT16: return ((const uint16_t *)image->data)[place];
    case DT_INT16: return ((const int16_t *)image->data)[place];
    case DT_UINT32: return (float)((const uint32_t *)image->data)[place];
    case DT_INT32: return (float)((const int32_t *)image->data)[place];
    case DT_FLOAT32: return ((const float *)image->data)[place];
    default: return (float)((const double *)image->data)[place];
  }
}

void volume_slice(const volume_file *file, int64_t index, float *target) {
  const nifti_image *image = file->image;
  float slope = image->scl_slope != 0 ? image->scl_slope : 1, intercept = image->scl_slope != 0 ? image->scl_inter : 0;
  int64_t volume = index / file->slices.length, slice = index % file->slices.length;
  int64_t base = volume * file->volume + file->slices.start + slice * file->slices.step;
  for (int64_t y = 0; y < file->rows.length; y++) {
    int64_t place = base + file->rows.start + y * file->rows.step + file->columns.start;
    for (int64_t x = 0; x < file->columns.length; x++, place += file->columns.step) {
      float value = voxel(image, place) * slope + intercept;
      *target++ = isfinite(value) ? value : 0;
    }
  }
}
