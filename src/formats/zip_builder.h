#pragma once

// Makes zip archives in memory, for tests.

#include <zip.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace fcn {

struct ZipEntry {
  std::string name, content;
  bool deflated = false;
};

inline std::string MakeZip(const std::vector<ZipEntry>& entries) {
  zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, nullptr);
  zip_t* archive = zip_open_from_source(target, ZIP_TRUNCATE, nullptr);
  if (archive == nullptr) throw std::runtime_error("no zip archive in memory");
  zip_source_keep(target);
  for (const ZipEntry& entry : entries) {
    zip_source_t* content = zip_source_buffer(archive, entry.content.data(), entry.content.size(), 0);
    const zip_int64_t index = zip_file_add(archive, entry.name.c_str(), content, ZIP_FL_ENC_UTF_8);
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), entry.deflated ? ZIP_CM_DEFLATE : ZIP_CM_STORE,
                             0);
  }
  if (zip_close(archive) != 0) throw std::runtime_error("the zip archive cannot be written");
  zip_stat_t status;
  zip_source_stat(target, &status);
  std::string text(status.size, '\0');
  zip_source_open(target);
  zip_source_read(target, text.data(), text.size());
  zip_source_close(target);
  zip_source_free(target);
  return text;
}

}  // namespace fcn
