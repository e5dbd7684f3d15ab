// libpng: PNG images. Its errors are jumps, which must not cross Swift's frames, so the reading of an
// image stands here as a whole.
#include <png.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A decoded image: 1 (gray) or 3 samples a pixel, of 8 or 16 bits, row after row, those of 16 bits as
// the processor has them. Colors are as they are stored: neither gamma nor profiles nor transparency
// change them.
struct png_pixels {
  uint32_t width, height;
  int channels, depth;
  uint8_t *data;  // to be freed
  char message[128];
};

struct png_source {
  const uint8_t *bytes;
  size_t size, offset;
};

static inline void png_take_bytes(png_structp png, png_bytep target, size_t count) {
  struct png_source *source = (struct png_source *)png_get_io_ptr(png);
  if (count > source->size - source->offset) png_error(png, "truncated");
  memcpy(target, source->bytes + source->offset, count);
  source->offset += count;
}

static inline void png_fail(png_structp png, png_const_charp message) {
  struct png_pixels *result = (struct png_pixels *)png_get_error_ptr(png);
  snprintf(result->message, sizeof result->message, "%s", message);
  png_longjmp(png, 1);
}

static inline void png_pass_over(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

// Returns 1, or 0 with a message in `result`.
static inline int png_decode(
    const uint8_t *bytes, size_t size, uint64_t largest_pixels, uint64_t largest_bytes,
    struct png_pixels *result) {
  struct png_source source = {bytes, size, 0};
  memset(result, 0, sizeof *result);
  png_structp png =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, result, png_fail, png_pass_over);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  png_bytepp volatile rows = NULL;
  if (!info) {
    png_destroy_read_struct(&png, NULL, NULL);
    snprintf(result->message, sizeof result->message, "out of memory");
    return 0;
  }
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    free(rows);
    free(result->data);
    result->data = NULL;
    return 0;
  }
  png_set_read_fn(png, &source, png_take_bytes);
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
  png_read_info(png, info);
  result->width = png_get_image_width(png, info);
  result->height = png_get_image_height(png, info);
  if ((uint64_t)result->width * result->height > largest_pixels)
    png_error(png, "too many pixels");
  png_set_palette_to_rgb(png);
  if (png_get_color_type(png, info) == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png);
  png_set_strip_alpha(png);
  if (png_get_bit_depth(png, info) == 16) png_set_swap(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  result->channels = png_get_channels(png, info);
  result->depth = png_get_bit_depth(png, info);
  size_t stride = png_get_rowbytes(png, info);
  size_t pixel = (size_t)result->channels * result->depth / 8;
  if ((result->channels != 1 && result->channels != 3) || stride != result->width * pixel)
    png_error(png, "a kind of PNG that is not known");
  if ((uint64_t)stride * result->height > largest_bytes) png_error(png, "too many bytes");
  result->data = (uint8_t *)malloc(stride * result->height);
  rows = (png_bytepp)malloc(sizeof(png_bytep) * result->height);
  if (!result->data || !rows) png_error(png, "out of memory");
  for (uint32_t row = 0; row < result->height; row++) rows[row] = result->data + row * stride;
  png_read_image(png, rows);
  png_read_end(png, NULL);
  png_destroy_read_struct(&png, &info, NULL);
  free(rows);
  return 1;
}
