// SPDX-License-Identifier: Apache-2.0
//
// A mutex that clang checks: which member is guarded by which lock is said in the code, and
// -Wthread-safety refuses what breaks it. Under g++ the annotations are nothing.
//
// Place: inboxes, the log queue, the tree guard, the baton, the event queue of a client; nothing
// else locks. Threads: that is the point. Source: clang's "Thread Safety Analysis".
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

// NOLINTBEGIN(cppcoreguidelines-macro-usage)
#if defined(__clang__)
#define ZK_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define ZK_THREAD_ANNOTATION(x)
#endif
#define ZK_CAPABILITY(name) ZK_THREAD_ANNOTATION(capability(name))
#define ZK_SCOPED_CAPABILITY ZK_THREAD_ANNOTATION(scoped_lockable)
#define ZK_GUARDED_BY(mutex) ZK_THREAD_ANNOTATION(guarded_by(mutex))
#define ZK_PT_GUARDED_BY(mutex) ZK_THREAD_ANNOTATION(pt_guarded_by(mutex))
#define ZK_REQUIRES(...) ZK_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define ZK_ACQUIRE(...) ZK_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define ZK_RELEASE(...) ZK_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define ZK_TRY_ACQUIRE(...) ZK_THREAD_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define ZK_EXCLUDES(...) ZK_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define ZK_NO_THREAD_SAFETY_ANALYSIS ZK_THREAD_ANNOTATION(no_thread_safety_analysis)
// NOLINTEND(cppcoreguidelines-macro-usage)

namespace zk {

class ZK_CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ZK_ACQUIRE() { mutex_.lock(); }
  void Unlock() ZK_RELEASE() { mutex_.unlock(); }
  bool TryLock() ZK_TRY_ACQUIRE(true) { return mutex_.try_lock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

// Holds a mutex for a scope. `M` is Mutex, or what a test puts in its place.
template <typename M>
class ZK_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(M& mutex) ZK_ACQUIRE(mutex) : mutex_(mutex) { mutex_.Lock(); }
  ~MutexLock() ZK_RELEASE() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  M& mutex_;
};

// Wakes may be spurious: callers wait in a loop over their condition.
class CondVar {
 public:
  void Wait(Mutex& mutex) ZK_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  // False when `timeout_ms` (>= 0) went by.
  bool WaitFor(Mutex& mutex, int64_t timeout_ms) ZK_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const auto status = condition_.wait_for(lock, std::chrono::milliseconds(timeout_ms));
    lock.release();
    return status == std::cv_status::no_timeout;
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace zk
