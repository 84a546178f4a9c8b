// What buildx's bake makes of files: reads a JSON list of {files} and prints, for each, the targets
// that come of them with all that they inherit, or the error.
package main

import (
	"context"
	"encoding/json"
	"os"
	"sort"
	"strings"

	"github.com/docker/buildx/bake"
	"github.com/docker/buildx/util/buildflags"
)

type question struct {
	Files map[string]string `json:"files"`
}

type target struct {
	Context    *string                 `json:"context,omitempty"`
	Dockerfile *string                 `json:"dockerfile,omitempty"`
	Inline     *string                 `json:"inline,omitempty"`
	Contexts   map[string]string       `json:"contexts,omitempty"`
	Args       map[string]*string      `json:"args,omitempty"`
	Labels     map[string]*string      `json:"labels,omitempty"`
	Tags       []string                `json:"tags,omitempty"`
	Platforms  []string                `json:"platforms,omitempty"`
	Attest     buildflags.Attests      `json:"attest,omitempty"`
	CacheFrom  buildflags.CacheOptions `json:"cache-from,omitempty"`
	Outputs    buildflags.Exports      `json:"output,omitempty"`
}

type answer struct {
	Targets map[string]target `json:"targets"`
	Error   string            `json:"error,omitempty"`
}

func main() {
	var questions []question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		panic(err)
	}
	os.Clearenv() // its names would be values of variables
	answers := make([]answer, 0, len(questions))
	for _, asked := range questions {
		found, err := read(asked.Files)
		if err != nil {
			found.Error = strings.SplitN(err.Error(), "\n", 2)[0]
		}
		answers = append(answers, found)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}

// Later files override earlier ones: bake is given them in this order, too.
func read(texts map[string]string) (answer, error) {
	found := answer{Targets: map[string]target{}}
	names := make([]string, 0, len(texts))
	for name := range texts {
		names = append(names, name)
	}
	sort.Slice(names, func(one, other int) bool {
		first, second := strings.Contains(names[one], "override"), strings.Contains(names[other], "override")
		if first != second {
			return second
		}
		return names[one] < names[other]
	})
	files := make([]bake.File, 0, len(names))
	for _, name := range names {
		files = append(files, bake.File{Name: name, Data: []byte(texts[name])})
	}
	asked, err := bake.ListTargets(files)
	if err != nil {
		return found, err
	}
	targets, _, err := bake.ReadTargets(
		context.Background(), files, asked, nil, nil, nil, &bake.EntitlementConf{})
	if err != nil {
		return found, err
	}
	for name, made := range targets {
		found.Targets[name] = target{
			Context:    made.Context,
			Dockerfile: made.Dockerfile,
			Inline:     made.DockerfileInline,
			Contexts:   made.Contexts,
			Args:       made.Args,
			Labels:     made.Labels,
			Tags:       made.Tags,
			Platforms:  made.Platforms,
			Attest:     made.Attest,
			CacheFrom:  made.CacheFrom,
			Outputs:    made.Outputs,
		}
	}
	return found, nil
}
