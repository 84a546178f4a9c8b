// What kustomize and Helm make of files: reads a JSON list of {kind, files} and prints, for each,
// the images and labels of the objects that come out, or the error.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

type question struct {
	Kind  string            `json:"kind"`
	Files map[string]string `json:"files"`
}

type answer struct {
	Images []string `json:"images"`
	Labels []string `json:"labels"`
	Error  string   `json:"error,omitempty"`
}

func main() {
	var questions []question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		panic(err)
	}
	answers := make([]answer, 0, len(questions))
	for _, asked := range questions {
		text, err := build(asked)
		found := answer{Images: []string{}, Labels: []string{}}
		if err != nil {
			found.Error = strings.SplitN(err.Error(), "\n", 2)[0]
		} else {
			for _, document := range strings.Split(text, "\n---\n") {
				var object any
				if yaml.Unmarshal([]byte(document), &object) == nil {
					collect(object, &found)
				}
			}
		}
		sort.Strings(found.Images)
		sort.Strings(found.Labels)
		answers = append(answers, found)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}

func build(asked question) (string, error) {
	if asked.Kind == "helm" {
		return render(asked.Files)
	}
	disk := filesys.MakeFsInMemory()
	for name, text := range asked.Files {
		if err := disk.WriteFile("/"+name, []byte(text)); err != nil {
			return "", err
		}
	}
	result, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(disk, "/overlay")
	if err != nil {
		return "", err
	}
	text, err := result.AsYaml()
	return string(text), err
}

func render(files map[string]string) (string, error) {
	var buffered []*loader.BufferedFile
	for name, text := range files {
		buffered = append(buffered, &loader.BufferedFile{Name: name, Data: []byte(text)})
	}
	made, err := loader.LoadFiles(buffered)
	if err != nil {
		return "", err
	}
	values, err := chartutil.ToRenderValues(made, nil, chartutil.ReleaseOptions{Name: "r"}, nil)
	if err != nil {
		return "", err
	}
	rendered, err := engine.Render(made, values)
	if err != nil {
		return "", err
	}
	names := make([]string, 0, len(rendered))
	for name := range rendered {
		names = append(names, name)
	}
	sort.Strings(names)
	parts := make([]string, 0, len(names))
	for _, name := range names {
		parts = append(parts, rendered[name])
	}
	return strings.Join(parts, "\n---\n"), nil
}

func collect(node any, found *answer) {
	switch value := node.(type) {
	case map[string]any:
		for key, inner := range value {
			if text, is := inner.(string); is && key == "image" {
				found.Images = append(found.Images, text)
			}
			if labels, is := inner.(map[string]any); is && key == "labels" {
				for name, label := range labels {
					found.Labels = append(found.Labels, fmt.Sprintf("%s=%v", name, label))
				}
			}
			collect(inner, found)
		}
	case []any:
		for _, inner := range value {
			collect(inner, found)
		}
	}
}
