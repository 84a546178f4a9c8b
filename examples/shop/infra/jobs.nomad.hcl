job "statsd" {
  group "metrics" {
    task "exporter" {
      driver = "docker"
      config {
        image = "quay.io/prometheus/statsd-exporter:v0.27.1"
      }
    }
  }
}
