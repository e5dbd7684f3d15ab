// libjpeg-turbo: JPEG images, by its interface without setjmp.
#include <turbojpeg.h>
