// What the addon exports. All state hangs on objects of one environment, so worker threads may load it at will.

#include <napi.h>

#include "grace_period.h"
#include "monitor_object.h"
#include "notify.h"
#include "plain_data.h"
#include "socket_object.h"

namespace hostward {

namespace {

// notify(address: string, state: string): throws an Error with `syscall` and `errno`
void NotifyFunction(const Napi::CallbackInfo& info) {
  const Failure failure = Notify(info[0].As<Napi::String>().Utf8Value(), info[1].As<Napi::String>().Utf8Value());
  if (failure) throw SystemError(info.Env(), failure);
}

// On a pool thread, then callback(error, passed).
class GracePeriodJob : public Napi::AsyncWorker {
 public:
  explicit GracePeriodJob(const Napi::Function& callback) : AsyncWorker(callback, "hostward.gracePeriod") {}

 protected:
  void Execute() override { passed_ = PassGracePeriod(); }
  void OnOK() override { Callback().Call({Env().Undefined(), Napi::Boolean::New(Env(), passed_)}); }

 private:
  bool passed_ = false;
};

// gracePeriod(callback). A job deletes itself when it is done.
void GracePeriodFunction(const Napi::CallbackInfo& info) { (new GracePeriodJob(info[0].As<Napi::Function>()))->Queue(); }

Napi::Object Initialise(Napi::Env env, Napi::Object exports) {
  exports["Socket"] = SocketObject::Define(env);
  exports["Monitor"] = MonitorObject::Define(env);
  exports["gracePeriod"] = Napi::Function::New<GracePeriodFunction>(env, "gracePeriod");
  exports["notify"] = Napi::Function::New<NotifyFunction>(env, "notify");
  return exports;
}

}  // namespace

NODE_API_MODULE(hostward_native, Initialise)

}  // namespace hostward
