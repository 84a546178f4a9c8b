// Says for each compose file of a list what compose-go makes of it.
//
// Reads a JSON array of {"text": …} or {"base64": …}, each perhaps with "env", from standard input,
// and writes an array of answers in their order: the images that the project names, those that a
// service builds and does not pull apart, or the error that loading ends with.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/sirupsen/logrus"
)

type question struct {
	Text   string `json:"text,omitempty"`
	Base64 []byte `json:"base64,omitempty"`
	Env    string `json:"env,omitempty"`
}

type answer struct {
	// Images are the words that compose asks a registry for.
	Images []string `json:"images"`
	// Built are the names that it gives to what it builds.
	Built []string `json:"built"`
	Error string   `json:"error,omitempty"`
}

func main() {
	logrus.SetOutput(io.Discard)
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

func judge(asked question) (found answer) {
	found = answer{Images: []string{}, Built: []string{}}
	defer func() {
		if reason := recover(); reason != nil {
			found.Error = fmt.Sprint("panic: ", reason)
		}
	}()
	content := asked.Base64
	if content == nil {
		content = []byte(asked.Text)
	}
	environment, err := dotenv.UnmarshalWithLookup(asked.Env, nil)
	if err != nil {
		found.Error = ".env: " + err.Error()
		return found
	}
	details := types.ConfigDetails{
		WorkingDir:  "/project",
		ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml", Content: content}},
		Environment: environment,
	}
	model, err := loader.LoadModelWithContext(context.Background(), details, func(o *loader.Options) {
		o.SetProjectName("oracle", true)
		o.SkipInclude = true
		o.SkipConsistencyCheck = true
		o.ResolvePaths = false
	})
	if err != nil {
		found.Error = err.Error()
		return found
	}
	for _, kind := range []string{"services", "jobs"} {
		for _, member := range mapping(model[kind]) {
			found.container(mapping(member))
		}
	}
	for _, entry := range mapping(model["models"]) {
		found.add(mapping(entry)["model"])
	}
	sort.Strings(found.Images)
	sort.Strings(found.Built)
	return found
}

func (found *answer) container(service map[string]any) {
	build, hasBuild := service["build"].(map[string]any)
	policy, _ := service["pull_policy"].(string)
	if hasBuild && (policy == "" || policy == "build" || policy == "never") {
		if image, ok := service["image"].(string); ok {
			found.Built = append(found.Built, image)
		}
	} else {
		found.add(service["image"])
	}
	for _, context := range mapping(build["additional_contexts"]) {
		if text, ok := context.(string); ok && strings.HasPrefix(text, "docker-image://") {
			found.add(strings.TrimPrefix(text, "docker-image://"))
		}
	}
	for _, volume := range list(service["volumes"]) {
		if mapping(volume)["type"] == "image" {
			found.add(mapping(volume)["source"])
		}
	}
	for _, step := range list(service["pre_start"]) {
		found.container(mapping(step))
	}
}

func (found *answer) add(image any) {
	if text, ok := image.(string); ok && text != "" {
		found.Images = append(found.Images, text)
	}
}

func mapping(value any) map[string]any {
	found, _ := value.(map[string]any)
	return found
}

func list(value any) []any {
	found, _ := value.([]any)
	return found
}
