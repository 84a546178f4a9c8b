variable "STATSD" {
  default = "quay.io/prometheus/statsd-exporter:v0.27.1"
}

# The shop with the exporter that its metrics go to.
target "metrics" {
  contexts = {
    exporter = "docker-image://${STATSD}"
  }
  dockerfile-inline = <<-EOT
    FROM busybox:1.36
    COPY --from=exporter /bin/statsd_exporter /bin/
  EOT
  tags = ["shop-metrics:dev"]
}
