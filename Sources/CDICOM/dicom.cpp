#include "dicom.h"

#include <gdcm-3.0/gdcmImage.h>
#include <gdcm-3.0/gdcmReader.h>
#include <gdcm-3.0/gdcmSequenceOfFragments.h>
#include <gdcm-3.0/gdcmSequenceOfItems.h>
#include <gdcm-3.0/gdcmTrace.h>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <istream>
#include <memory>
#include <stdexcept>
#include <streambuf>
#include <string>

struct dicom_file {
  gdcm::Reader reader;
  std::string syntax;
};

namespace {

// Reads a part of a file.
class Range : public std::streambuf {
 public:
  Range(int descriptor, int64_t start, int64_t size) : descriptor(descriptor), start(start), size(size) {}

  // Whether the file ended within a value. GDCM fills up the last one with zeros.
  bool is_truncated = false;

 protected:
  std::streamsize xsgetn(char *target, std::streamsize count) override {
    enum { LONGEST_HEAD = 12 };  // of an element
    std::streamsize read = std::streambuf::xsgetn(target, count);
    if (read < count && (read > 0 || count > LONGEST_HEAD)) is_truncated = true;
    return read;
  }

  int_type underflow() override {
    int64_t place = next, count = std::min<int64_t>(sizeof buffer, size - place);
    ssize_t read = count > 0 ? pread(descriptor, buffer, (size_t)count, start + place) : 0;
    if (read <= 0) return traits_type::eof();
    setg(buffer, buffer, buffer + read);
    next = place + read;
    return traits_type::to_int_type(buffer[0]);
  }

  pos_type seekoff(off_type offset, std::ios_base::seekdir from, std::ios_base::openmode) override {
    int64_t here = next - (egptr() - gptr());
    int64_t base = from == std::ios_base::beg ? 0 : from == std::ios_base::cur ? here : size;
    int64_t target;
    if (__builtin_add_overflow(base, (int64_t)offset, &target) || target < 0 || target > size) return off_type(-1);
    // GDCM starts over in other ways to read malformed files.
    if (target < here) is_truncated = false;
    // A step within the buffer, as for each peek and unget, costs no reading.
    if (target >= next - (egptr() - eback()) && target <= next) {
      setg(eback(), egptr() - (next - target), egptr());
    } else {
      setg(buffer, buffer, buffer);
      next = target;
    }
    return target;
  }

  pos_type seekpos(pos_type target, std::ios_base::openmode mode) override {
    return seekoff(off_type(target), std::ios_base::beg, mode);
  }

 private:
  int descriptor;
  int64_t start, size;
  int64_t next = 0;  // the place behind the buffer
  char buffer[1 << 16];
};

const gdcm::Tag pixel_data(0x7fe0, 0x0010);

int fail(char *message, const char *reason) {
  snprintf(message, DICOM_MESSAGE_SIZE, "%s", reason);
  return -1;
}

// Runs `body`; what it throws becomes a message.
template <typename Body> auto guarded(char *message, decltype(std::declval<Body>()()) failure, Body body) {
  try {
    return body();
  } catch (const std::exception &error) {
    fail(message, error.what());
  } catch (...) {
    fail(message, "malformed");
  }
  return failure;
}

void visit(const gdcm::DataSet &set, const std::string &prefix, int depth, long frame, dicom_visitor visitor,
           void *context) {
  const gdcm::Tag frame_groups(0x5200, 0x9230);
  enum { DEEPEST = 8, LARGEST = 1 << 20 };
  for (const gdcm::DataElement &element : set.GetDES()) {
    const gdcm::Tag &tag = element.GetTag();
    unsigned group = tag.GetGroup();
    bool is_overlay = group >= 0x6000 && group < 0x6100, is_icon = tag == gdcm::Tag(0x0088, 0x0200);
    if (group % 2 == 1 || group >= 0x7fe0 || is_overlay || is_icon) continue;
    char name[16];
    snprintf(name, sizeof name, "%04X%04X", group, tag.GetElement());
    std::string place = prefix + name;
    if (const gdcm::ByteValue *value = element.GetByteValue()) {
      // An implicit sequence of defined length is bytes too.
      bool is_sequence = value->GetLength() >= 8 && memcmp(value->GetPointer(), "\xfe\xff\x00\xe0", 4) == 0;
      if (!is_sequence && value->GetLength() <= LARGEST)
        visitor(context, place.c_str(), (const uint8_t *)value->GetPointer(), value->GetLength());
      if (!is_sequence) continue;
    }
    if (depth == DEEPEST) continue;
    gdcm::SmartPointer<gdcm::SequenceOfItems> items = element.GetValueAsSQ();
    if (!items) continue;
    for (size_t i = 1; i <= items->GetNumberOfItems(); i++) {
      if (frame >= 0 && tag == frame_groups && i != (size_t)frame + 1) continue;
      visit(items->GetItem(i).GetNestedDataSet(), place + "[" + std::to_string(i - 1) + "].", depth + 1, frame, visitor,
            context);
    }
  }
}

// The value of an unsigned short; `fallback` if it is missing.
unsigned number(const gdcm::DataSet &set, const gdcm::Tag &tag, unsigned fallback) {
  const gdcm::ByteValue *value = set.FindDataElement(tag) ? set.GetDataElement(tag).GetByteValue() : nullptr;
  if (!value || value->GetLength() < 2) return fallback;
  const auto *bytes = (const uint8_t *)value->GetPointer();
  return bytes[0] | bytes[1] << 8;
}

std::string text(const gdcm::DataSet &set, const gdcm::Tag &tag) {
  const gdcm::ByteValue *value = set.FindDataElement(tag) ? set.GetDataElement(tag).GetByteValue() : nullptr;
  if (!value) return "";
  std::string result(value->GetPointer(), value->GetLength());
  size_t end = result.find_last_not_of(std::string(" \0", 2));
  return end == std::string::npos ? "" : result.substr(0, end + 1);
}

// Whether a fragment begins a compressed image: JPEG, JPEG-LS, JPEG 2000 or JP2.
bool is_start(const gdcm::Fragment &fragment) {
  const gdcm::ByteValue *value = fragment.GetByteValue();
  if (!value || value->GetLength() < 4) return false;
  const auto *bytes = (const uint8_t *)value->GetPointer();
  return (bytes[0] == 0xff && (bytes[1] == 0xd8 || bytes[1] == 0x4f)) || memcmp(bytes, "\0\0\0\x0c", 4) == 0;
}

// The fragments of a frame: [first, last).
std::pair<size_t, size_t> fragments_of(const gdcm::SequenceOfFragments &all, long index, long frames) {
  size_t count = all.GetNumberOfFragments();
  if (frames == 1) return {0, count};
  if ((long)count == frames) return {index, index + 1};
  const gdcm::ByteValue *table = all.GetTable().GetByteValue();
  size_t first = count, last = count;
  if (table && (long)(table->GetLength() / 4) == frames) {
    auto offset_of = [table](long frame) {
      const auto *bytes = (const uint8_t *)table->GetPointer() + 4 * frame;
      return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    };
    uint64_t offset = 0;
    for (size_t i = 0; i < count; i++) {
      if (offset == offset_of(index)) first = i;
      if (index + 1 < frames && offset == offset_of(index + 1)) last = i;
      offset += 8 + all.GetFragment(i).GetVL();
    }
  } else {
    long starts = -1;
    for (size_t i = 0; i < count; i++) {
      if (!is_start(all.GetFragment(i))) continue;
      starts++;
      if (starts == index) first = i;
      if (starts == index + 1) last = i;
    }
    if (starts + 1 != frames) first = count;
  }
  if (first >= last) throw std::runtime_error("frame " + std::to_string(index + 1) + " not found");
  return {first, last};
}

}  // namespace

dicom_file *dicom_open(int descriptor, int64_t start, int64_t size, int with_pixels, char *message) {
  return guarded(message, (dicom_file *)nullptr, [&]() -> dicom_file * {
    // GDCM prints warnings otherwise.
    gdcm::Trace::WarningOff();
    gdcm::Trace::ErrorOff();
    gdcm::Trace::DebugOff();
    auto range = std::make_unique<Range>(descriptor, start, size);
    std::istream stream(range.get());
    auto file = std::make_unique<dicom_file>();
    file->reader.SetStream(stream);
    if (!(with_pixels ? file->reader.Read() : file->reader.ReadUpToTag(pixel_data, {pixel_data}))) {
      fail(message, range->is_truncated ? "truncated" : "not a readable DICOM file");
      return nullptr;
    }
    const gdcm::TransferSyntax &syntax = file->reader.GetFile().GetHeader().GetDataSetTransferSyntax();
    // Inflating reads ahead.
    if (range->is_truncated && syntax != gdcm::TransferSyntax::DeflatedExplicitVRLittleEndian) {
      fail(message, "truncated");
      return nullptr;
    }
    file->syntax = syntax.GetString() ? syntax.GetString() : "";
    return file.release();
  });
}

void dicom_close(dicom_file *file) { delete file; }

const char *dicom_transfer_syntax(const dicom_file *file) { return file->syntax.c_str(); }

int dicom_visit(const dicom_file *file, long frame, dicom_visitor visitor, void *context, char *message) {
  return guarded(message, -1, [&] {
    visit(file->reader.GetFile().GetDataSet(), "", 0, frame, visitor, context);
    return 0;
  });
}

long dicom_frame(const dicom_file *file, long index, uint8_t *target, size_t capacity, dicom_samples *samples,
                 char *message) {
  return guarded(message, -1L, [&]() -> long {
    const gdcm::DataSet &set = file->reader.GetFile().GetDataSet();
    const gdcm::TransferSyntax &syntax = file->reader.GetFile().GetHeader().GetDataSetTransferSyntax();
    if (!set.FindDataElement(pixel_data)) return fail(message, "no pixel data");
    unsigned rows = number(set, gdcm::Tag(0x0028, 0x0010), 0), columns = number(set, gdcm::Tag(0x0028, 0x0011), 0);
    unsigned colors = number(set, gdcm::Tag(0x0028, 0x0002), 1), bits = number(set, gdcm::Tag(0x0028, 0x0100), 0);
    long frames = strtol(text(set, gdcm::Tag(0x0028, 0x0008)).c_str(), nullptr, 10);
    if (frames < 1) frames = 1;
    std::string name = text(set, gdcm::Tag(0x0028, 0x0004));
    if (bits != 8 && bits != 16) return fail(message, "unsupported number of bits");
    if (index < 0 || index >= frames) return fail(message, "no such frame");
    *samples = {number(set, gdcm::Tag(0x0028, 0x0006), 0), bits, {}};
    snprintf(samples->colors, sizeof samples->colors, "%s", name.c_str());
    const gdcm::DataElement &data = set.GetDataElement(pixel_data);

    if (const gdcm::ByteValue *value = data.GetByteValue()) {
      size_t per_row_pair = name == "YBR_FULL_422" ? 2 : colors;
      size_t length = (size_t)rows * columns * per_row_pair * (bits / 8), start = length * index;
      if (length > capacity) return fail(message, "larger than its header says");
      if (start + length > value->GetLength()) return fail(message, "truncated pixel data");
      memcpy(target, value->GetPointer() + start, length);
      return (long)length;
    }
    const gdcm::SequenceOfFragments *all = data.GetSequenceOfFragments();
    if (!all) return fail(message, "no pixel data");
    // GDCM 3.0 mixes up the bytes of these.
    if (syntax == gdcm::TransferSyntax::RLELossless && colors > 1 && bits > 8)
      return fail(message, "16-bit colors in RLE are not supported");
    auto range = fragments_of(*all, index, frames);
    gdcm::SmartPointer<gdcm::SequenceOfFragments> own = new gdcm::SequenceOfFragments;
    for (size_t i = range.first; i < range.second; i++) own->AddFragment(all->GetFragment(i));
    gdcm::DataElement frame(pixel_data);
    frame.SetVR(gdcm::VR::OB);
    frame.SetValue(*own);

    gdcm::Image image;
    image.SetTransferSyntax(syntax);
    image.SetNumberOfDimensions(2);
    image.SetColumns(columns);
    image.SetRows(rows);
    unsigned stored = number(set, gdcm::Tag(0x0028, 0x0101), bits);
    image.SetPixelFormat(gdcm::PixelFormat(colors, bits, stored, number(set, gdcm::Tag(0x0028, 0x0102), stored - 1),
                                           number(set, gdcm::Tag(0x0028, 0x0103), 0)));
    image.SetPhotometricInterpretation(gdcm::PhotometricInterpretation::GetPIType(name.c_str()));
    image.SetPlanarConfiguration(colors == 3 ? samples->is_planar : 0);
    image.SetDataElement(frame);
    size_t length = image.GetBufferLength();
    if (length > capacity) return fail(message, "larger than its header says");
    if (!image.GetBuffer((char *)target)) return fail(message, "cannot be decompressed");
    // GDCM pads the name with a space.
    std::string decoded = image.GetPhotometricInterpretation().GetString();
    decoded.erase(decoded.find_last_not_of(' ') + 1);
    *samples = {image.GetPlanarConfiguration(), image.GetPixelFormat().GetBitsAllocated(), {}};
    snprintf(samples->colors, sizeof samples->colors, "%s", decoded.c_str());
    return (long)length;
  });
}
