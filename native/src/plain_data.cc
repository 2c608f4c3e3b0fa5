// Hands bytes and failed system calls to JavaScript.

#include "plain_data.h"

#include <cassert>
#include <cstring>
#include <string>
#include <utility>

namespace hostward {

namespace {

// Below, a copy is cheaper than a finaliser. An external buffer must not be empty: V8 takes one for detached.
constexpr size_t kCopied = 4096;

}  // namespace

std::span<const uint8_t> SpanOf(const Napi::Value& value) {
  assert(value.IsTypedArray());
  const auto bytes = value.As<Napi::Uint8Array>();
  return {bytes.Data(), bytes.ByteLength()};
}

Napi::Value BufferOf(Napi::Env env, Bytes bytes) {
  if (bytes.size() < kCopied) return Napi::Buffer<uint8_t>::Copy(env, bytes.data(), bytes.size());
  auto* kept = new Bytes(std::move(bytes));
  return Napi::Buffer<uint8_t>::NewOrCopy(env, kept->data(), kept->size(), [](Napi::Env, uint8_t*, Bytes* held) { delete held; }, kept);
}

Napi::Error SystemError(Napi::Env env, const Failure& failure) {
  auto error = Napi::Error::New(env, std::string(failure.syscall) + ": " + std::strerror(failure.number));
  error.Set("syscall", Napi::String::New(env, failure.syscall));
  error.Set("errno", Napi::Number::New(env, failure.number));
  return error;
}

}  // namespace hostward
