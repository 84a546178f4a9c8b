// Says for each manifest of a list what Kubernetes' own decoders make of it.
//
// Reads a JSON array of {"text": …} or {"base64": …} from standard input and writes an array of
// answers in their order: the images of the objects that kubectl would send, or what it ends with.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
)

type question struct {
	Text   string `json:"text,omitempty"`
	Base64 []byte `json:"base64,omitempty"`
}

type answer struct {
	Images []string `json:"images"`
	Error  string   `json:"error,omitempty"`
}

func main() {
	content, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	var questions []question
	if err := json.Unmarshal(content, &questions); err != nil {
		panic(err)
	}
	answers := make([]answer, len(questions))
	for i, asked := range questions {
		answers[i] = judge(asked)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}

// judge reads a stream as kubectl does; what comes before an error is kept beside it.
func judge(asked question) (found answer) {
	found = answer{Images: []string{}}
	defer func() {
		if reason := recover(); reason != nil {
			found.Error = fmt.Sprint("panic: ", reason)
		}
		sort.Strings(found.Images)
	}()
	content := asked.Base64
	if content == nil {
		content = []byte(asked.Text)
	}
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
	for {
		extension := runtime.RawExtension{}
		if err := decoder.Decode(&extension); err != nil {
			if !errors.Is(err, io.EOF) {
				found.Error = err.Error()
			}
			return found
		}
		raw := bytes.TrimSpace(extension.Raw)
		if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
			continue
		}
		if err := found.object(raw); err != nil {
			found.Error = err.Error()
			return found
		}
	}
}

func (found *answer) object(raw []byte) error {
	decoded, _, err := unstructured.UnstructuredJSONScheme.Decode(raw, nil, nil)
	if err != nil {
		return err
	}
	switch object := decoded.(type) {
	case *unstructured.UnstructuredList:
		for _, item := range object.Items {
			if err := found.typed(item.Object); err != nil {
				return err
			}
		}
		return nil
	case *unstructured.Unstructured:
		return found.typed(object.Object)
	}
	return nil
}

func (found *answer) typed(object map[string]any) error {
	raw, err := json.Marshal(object)
	if err != nil {
		return err
	}
	typed, _, err := scheme.Codecs.UniversalDeserializer().Decode(raw, nil, nil)
	if err != nil {
		return err
	}
	switch object := typed.(type) {
	case *corev1.Pod:
		found.spec(object.Spec)
	case *corev1.PodTemplate:
		found.spec(object.Template.Spec)
	case *appsv1.Deployment:
		found.spec(object.Spec.Template.Spec)
	case *appsv1.DaemonSet:
		found.spec(object.Spec.Template.Spec)
	case *appsv1.StatefulSet:
		found.spec(object.Spec.Template.Spec)
	case *appsv1.ReplicaSet:
		found.spec(object.Spec.Template.Spec)
	case *batchv1.Job:
		found.spec(object.Spec.Template.Spec)
	case *batchv1.CronJob:
		found.spec(object.Spec.JobTemplate.Spec.Template.Spec)
	}
	return nil
}

func (found *answer) spec(spec corev1.PodSpec) {
	for _, container := range append(spec.InitContainers, spec.Containers...) {
		found.add(container.Image)
	}
	for _, container := range spec.EphemeralContainers {
		found.add(container.Image)
	}
	for _, volume := range spec.Volumes {
		if volume.Image != nil {
			found.add(volume.Image.Reference)
		}
	}
}

func (found *answer) add(image string) {
	if image != "" {
		found.Images = append(found.Images, image)
	}
}
