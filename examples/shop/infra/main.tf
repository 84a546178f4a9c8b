# The shop's cache in the cluster of the test environment.
resource "kubernetes_deployment" "cache" {
  metadata {
    name = "cache"
  }
  spec {
    selector {
      match_labels = { app = "cache" }
    }
    template {
      metadata {
        labels = { app = "cache" }
      }
      spec {
        container {
          name  = "redis"
          image = "redis:7"
        }
      }
    }
  }
}
