// The JavaScript class `Socket`: arguments in, plain data out. native/index.ts checks what it passes; here it is asserted.
#pragma once

#include <napi.h>

#include <memory>

#include "socket.h"

namespace hostward {

class SocketObject : public Napi::ObjectWrap<SocketObject> {
 public:
  static Napi::Function Define(Napi::Env env);
  // new Socket(protocol: number, receiveBuffer: number, sendBuffer: number)
  explicit SocketObject(const Napi::CallbackInfo& info);

 private:
  Napi::Value PortId(const Napi::CallbackInfo& info);
  Napi::Value TransactSync(const Napi::CallbackInfo& info);
  void Transact(const Napi::CallbackInfo& info);
  void Dump(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  // Shared with jobs on other threads: close() lets a running one finish.
  std::shared_ptr<Socket> socket_;
};

}  // namespace hostward
