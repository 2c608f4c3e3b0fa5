// Ties a Monitor's thread to an environment: the thread always ends before the environment or the object does, whichever goes first.

#include "monitor_object.h"

#include <cassert>
#include <utility>

#include "plain_data.h"

namespace hostward {

Napi::Function MonitorObject::Define(Napi::Env env) {
  return DefineClass(env, "Monitor",
                     {
                         InstanceAccessor<&MonitorObject::PortId>("portId"),
                         InstanceMethod<&MonitorObject::Join>("join"),
                         InstanceMethod<&MonitorObject::Leave>("leave"),
                         InstanceMethod<&MonitorObject::Send>("send"),
                         InstanceMethod<&MonitorObject::Ref>("ref"),
                         InstanceMethod<&MonitorObject::Unref>("unref"),
                         InstanceMethod<&MonitorObject::Close>("close"),
                     });
}

MonitorObject::MonitorObject(const Napi::CallbackInfo& info) : ObjectWrap(info), monitor_(std::make_shared<Monitor>()), env_(info.Env()) {
  const Napi::Env env = info.Env();
  const auto list = info[2].As<Napi::Array>();
  std::vector<uint32_t> groups;
  for (uint32_t index = 0; index < list.Length(); index++) groups.push_back(list.Get(index).As<Napi::Number>().Uint32Value());
  const Failure failure = monitor_->Open(info[0].As<Napi::Number>().Int32Value(), info[1].As<Napi::Number>().Int32Value(), groups);
  if (failure) throw SystemError(env, failure);

  // The context's copy of the pointer keeps the monitor readable for a wake-up that is still queued when this object goes.
  auto* context = new std::shared_ptr<Monitor>(monitor_);
  wakeup_ = Wakeup::New(env, info[3].As<Napi::Function>(), "hostward.monitor", 0, 1, context, Release, static_cast<void*>(nullptr));
  wakeup_.Unref(env);
  // Hooks run last in, first out: this one, added after the thread-safe function's own, stops the thread before the function goes away.
  const napi_status status = napi_add_env_cleanup_hook(env_, AtExit, this);
  assert(status == napi_ok);
  (void)status;
  if (const Failure unstarted = monitor_->Start([wakeup = wakeup_] { wakeup.NonBlockingCall(); })) {
    Stop();
    throw SystemError(env, unstarted);
  }
}

MonitorObject::~MonitorObject() { Stop(); }

void MonitorObject::AtExit(void* self) { static_cast<MonitorObject*>(self)->Stop(); }

void MonitorObject::Stop() {
  if (!monitor_) return;
  monitor_->Stop();
  monitor_.reset();
  napi_remove_env_cleanup_hook(env_, AtExit, this);
  wakeup_.Release();
}

void MonitorObject::Release(Napi::Env, void*, std::shared_ptr<Monitor>* monitor) { delete monitor; }

void MonitorObject::Deliver(Napi::Env env, Napi::Function callback, std::shared_ptr<Monitor>* monitor, void*) {
  if (env == nullptr || callback.IsEmpty()) return;  // the environment is going away
  Gathered gathered = (*monitor)->Take();
  if (gathered.empty()) return;
  callback.Call({BufferOf(env, std::move(gathered.messages)), Napi::Boolean::New(env, gathered.overflowed), Napi::String::New(env, gathered.failure.syscall),
                 Napi::Number::New(env, gathered.failure.number)});
}

Napi::Value MonitorObject::PortId(const Napi::CallbackInfo& info) {
  assert(monitor_);
  return Napi::Number::New(info.Env(), monitor_->port_id());
}

void MonitorObject::Join(const Napi::CallbackInfo& info) {
  assert(monitor_);
  if (const Failure failure = monitor_->Join(info[0].As<Napi::Number>().Uint32Value())) throw SystemError(info.Env(), failure);
}

void MonitorObject::Leave(const Napi::CallbackInfo& info) {
  assert(monitor_);
  if (const Failure failure = monitor_->Leave(info[0].As<Napi::Number>().Uint32Value())) throw SystemError(info.Env(), failure);
}

void MonitorObject::Send(const Napi::CallbackInfo& info) {
  assert(monitor_);
  if (const Failure failure = monitor_->Send(SpanOf(info[0]))) throw SystemError(info.Env(), failure);
}

void MonitorObject::Ref(const Napi::CallbackInfo& info) {
  if (monitor_) wakeup_.Ref(info.Env());
}

void MonitorObject::Unref(const Napi::CallbackInfo& info) {
  if (monitor_) wakeup_.Unref(info.Env());
}

void MonitorObject::Close(const Napi::CallbackInfo&) { Stop(); }

}  // namespace hostward
