-- What wrk measured, as one line of JSON at the end of its output.
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "micros": %d, "bytes": %d, "max_ms": %.3f, "p99_ms": %.3f, ' ..
    '"failed": %d}\n', summary.requests, summary.duration, summary.bytes, latency.max / 1000,
    latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
