// nifti1_io.h expects this header on the search path.
#include <nifti/znzlib.h>
