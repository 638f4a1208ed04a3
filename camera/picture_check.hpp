// What a camera calls a picture, looked at before anybody is shown it. Pure. Cheap cameras leave the end of
// a JPEG away, put bytes before it, fill it up with zeros or call it text; and what comes from a camera must
// not reach a browser as a page.
#pragma once

#include "camera/multipart_parser.hpp"

namespace layerline::camera {

// Makes the part a picture that browsers show: for a JPEG what stands before and behind it is cut off, a
// missing end is added, and the type is said; a PNG, GIF, WebP or AVIF is left as it is. The part's other
// fields go. False if it is no picture; the part is of no use then.
bool mend_picture(frame_part& part);

} // namespace layerline::camera
