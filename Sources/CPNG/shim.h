// libpng: PNG images, by its simplified interface, which needs no setjmp.
#include <png.h>
