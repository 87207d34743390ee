#pragma once

namespace fcn {

/// Makes libheif decode HEVC, the coding of HEIC, through our plugin for libde265, which starts no threads. libheif's
/// own starts one, does not look whether it started, and waits for it for ever. Call it before anything is decoded;
/// from any thread, any number of times.
void DecodeHevcWithoutThreads();

}  // namespace fcn
