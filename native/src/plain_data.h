// C++ values as plain JavaScript data.
#pragma once

#include <napi.h>

#include <span>

#include "socket.h"

namespace hostward {

// The bytes of a Uint8Array, where JavaScript has them.
std::span<const uint8_t> SpanOf(const Napi::Value& value);

// A Buffer over the bytes themselves where there are many, without a copy: a dump of a large set has many megabytes.
Napi::Value BufferOf(Napi::Env env, Bytes bytes);

// An Error with `syscall` and a numeric `errno`.
Napi::Error SystemError(Napi::Env env, const Failure& failure);

}  // namespace hostward
