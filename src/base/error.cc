#include "fcn/error.h"

#include "fcn/text.h"

namespace fcn {

const char* ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
      return "usage";
    case ErrorCode::kInput:
      return "input";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kMemory:
      return "memory";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

Error::Error(ErrorCode code, const std::string& message, const std::string& hint)
    : std::runtime_error(PrintableMessage(message + "\n  " + hint)),
      code_(code),
      message_(PrintableMessage(message)),
      hint_(PrintableMessage(hint)) {}

}  // namespace fcn
