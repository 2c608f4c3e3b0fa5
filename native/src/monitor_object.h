// The JavaScript class `Monitor`: brings what the monitor's thread gathered to the event loop.
#pragma once

#include <napi.h>

#include <memory>

#include "monitor.h"

namespace hostward {

class MonitorObject : public Napi::ObjectWrap<MonitorObject> {
 public:
  static Napi::Function Define(Napi::Env env);
  // new Monitor(protocol: number, receiveBuffer: number, groups: number[], callback(messages, overflowed, syscall, errno))
  explicit MonitorObject(const Napi::CallbackInfo& info);
  ~MonitorObject() override;

 private:
  static void Deliver(Napi::Env env, Napi::Function callback, std::shared_ptr<Monitor>* monitor, void* unused);
  static void Release(Napi::Env env, void* unused, std::shared_ptr<Monitor>* monitor);
  static void AtExit(void* self);
  using Wakeup = Napi::TypedThreadSafeFunction<std::shared_ptr<Monitor>, void, Deliver>;

  Napi::Value PortId(const Napi::CallbackInfo& info);
  void Join(const Napi::CallbackInfo& info);
  void Leave(const Napi::CallbackInfo& info);
  void Send(const Napi::CallbackInfo& info);
  void Ref(const Napi::CallbackInfo& info);
  void Unref(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  void Stop();

  std::shared_ptr<Monitor> monitor_;
  Wakeup wakeup_;
  napi_env env_;
};

}  // namespace hostward
