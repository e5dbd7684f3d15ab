// utf8proc: Unicode's normal forms.
#include <utf8proc.h>
