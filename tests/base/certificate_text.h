// A certificate for tests.
#pragma once

namespace metaset {

// For, and by, "O=Example, CN=J\u00fcrgen <i>x".
inline constexpr const char* kCertificate =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBqDCCAU+gAwIBAgIUMczeORDeBfzBAhi2/M/IYZygFMIwCgYIKoZIzj0EAwIw\n"
    "KTEQMA4GA1UECgwHRXhhbXBsZTEVMBMGA1UEAwwMSsO8cmdlbiA8aT54MCAXDTI2\n"
    "MTEyODA5MDc0OVoYDzIxMjYxMTA0MDkwNzQ5WjApMRAwDgYDVQQKDAdFeGFtcGxl\n"
    "MRUwEwYDVQQDDAxKw7xyZ2VuIDxpPngwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\n"
    "AARlr7AUE9vh1wfydLHWxZAgFrVr5RNiuj9Nza2/3T4VO+0ewPFoOKThbawCKHRC\n"
    "DyPZ744tvOVQuvGjpzRXyzfzo1MwUTAdBgNVHQ4EFgQUQnnzL+PJdkHU49zrE+7S\n"
    "3+HYbEUwHwYDVR0jBBgwFoAUQnnzL+PJdkHU49zrE+7S3+HYbEUwDwYDVR0TAQH/\n"
    "BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiB4TkgcDs7Dl7a1gplumD1OCn7FQ6cq\n"
    "Lo4fVXibzGA1dAIgX2RcuSxvrOxnD2XnsAHrXLi4twED1VxI3/LRWB4apX4=\n"
    "-----END CERTIFICATE-----\n";

}  // namespace metaset
