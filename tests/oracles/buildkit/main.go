// Says for each Dockerfile of a list what BuildKit's own packages make of it.
//
// Reads a JSON array of texts from standard input and writes an array of answers in their order:
// the images that a build asks a registry for, all stages wanted, or the error it ends with.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

const maxFileSize = 16 << 20

var platforms = map[string]map[string]string{
	"amd64": {"PLATFORM": "linux/amd64", "OS": "linux", "OSVERSION": "", "ARCH": "amd64", "VARIANT": ""},
	"arm":   {"PLATFORM": "linux/arm/v7", "OS": "linux", "OSVERSION": "", "ARCH": "arm", "VARIANT": "v7"},
}

type answer struct {
	// Frontend is the image that is to read the file.
	Frontend string `json:"frontend,omitempty"`
	// Images are the words that the build takes for images, by platform.
	Images map[string][]string `json:"images"`
	// Triggers are the names that the build of a child would look for.
	Triggers []string `json:"triggers"`
	Error    string   `json:"error,omitempty"`
}

type environment map[string]string

func (e environment) Get(name string) (string, bool) {
	value, ok := e[name]
	return value, ok
}

func (e environment) Keys() []string {
	return nil
}

func main() {
	content, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	var texts []string
	if err := json.Unmarshal(content, &texts); err != nil {
		panic(err)
	}
	answers := make([]answer, len(texts))
	for i, text := range texts {
		answers[i] = judge(text)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answers); err != nil {
		panic(err)
	}
}

func judge(text string) (result answer) {
	result.Images = map[string][]string{}
	if len(text) > maxFileSize {
		result.Error = "too large"
		return result
	}
	if image, _, _, ok := parser.DetectSyntax([]byte(text)); ok {
		result.Frontend = image
	}
	parsed, err := parser.Parse(strings.NewReader(text))
	if err != nil {
		result.Error = err.Error()
		return result
	}
	for name, platform := range platforms {
		images, triggers, err := pulled(parsed, platform)
		result.Images[name] = images
		result.Triggers = triggers
		if err != nil {
			result.Error = err.Error()
		}
	}
	return result
}

// pulled repeats what dockerfile2llb does up to the resolving of images.
func pulled(parsed *parser.Result, platform map[string]string) (images, triggers []string, err error) {
	stages, arguments, err := instructions.Parse(parsed.AST, linter.New(&linter.Config{}))
	if err != nil {
		return nil, nil, err
	}
	lex := shell.NewLex(parsed.EscapeToken)
	scope, err := globalScope(lex, arguments, platform)
	if err != nil {
		return nil, nil, err
	}
	names := map[string]bool{}
	for _, stage := range stages {
		base, _, err := lex.ProcessWord(stage.BaseName, scope)
		if err != nil {
			return images, triggers, err
		}
		if base == "" {
			return images, triggers, fmt.Errorf("base name (%s) should not be blank", stage.BaseName)
		}
		if base != "scratch" && !names[base] {
			images = append(images, base)
		}
		if stage.Name != "" {
			names[strings.ToLower(stage.Name)] = true
		}
	}
	for _, stage := range stages {
		for _, command := range stage.Commands {
			sources, err := sourcesOf(command, lex, len(stages))
			if err != nil {
				return images, triggers, err
			}
			for _, source := range sources {
				if !names[strings.ToLower(source)] && source != "scratch" {
					images = append(images, source)
				}
			}
			trigger, ok := command.(*instructions.OnbuildCommand)
			if !ok {
				continue
			}
			found, err := triggered(trigger.Expression)
			if err != nil {
				return images, triggers, err
			}
			for _, name := range found {
				if name != "scratch" {
					triggers = append(triggers, name)
				}
			}
		}
	}
	return images, triggers, nil
}

func globalScope(lex *shell.Lex, arguments []instructions.ArgCommand, platform map[string]string) (environment, error) {
	scope := environment{"TARGETSTAGE": "default"}
	for part, value := range platform {
		scope["BUILD"+part] = value
		scope["TARGET"+part] = value
	}
	for _, command := range arguments {
		for _, pair := range command.Args {
			if pair.Value == nil {
				continue
			}
			value, _, err := lex.ProcessWord(*pair.Value, scope)
			if err != nil {
				return nil, err
			}
			scope[pair.Key] = value
		}
	}
	return scope, nil
}

func sourcesOf(command any, lex *shell.Lex, stages int) ([]string, error) {
	switch typed := command.(type) {
	case *instructions.CopyCommand:
		if typed.From == "" {
			return nil, nil
		}
		expanded, _, err := lex.ProcessWord(typed.From, environment{})
		if err != nil {
			return nil, err
		}
		if expanded != typed.From {
			return nil, fmt.Errorf("variable expansion is not supported for --from")
		}
		if index, err := strconv.Atoi(typed.From); err == nil {
			if index < 0 || index >= stages {
				return nil, fmt.Errorf("invalid stage index %d", index)
			}
			return nil, nil
		}
		return []string{typed.From}, nil
	case *instructions.RunCommand:
		var sources []string
		for _, mount := range instructions.GetMounts(typed) {
			if mount.From != "" {
				sources = append(sources, mount.From)
			}
		}
		// Mounts are read again with their variables replaced; what fails then ends the build.
		same := func(word string) (string, error) { return word, nil }
		if err := typed.Expand(same); err != nil {
			return nil, err
		}
		return sources, nil
	}
	return nil, nil
}

// triggered reads an ONBUILD as the build of a child does: alone, with the usual escape.
func triggered(expression string) ([]string, error) {
	parsed, err := parser.Parse(strings.NewReader(expression))
	if err != nil {
		return nil, err
	}
	if len(parsed.AST.Children) != 1 {
		return nil, fmt.Errorf("onbuild trigger should be a single expression")
	}
	command, err := instructions.ParseCommand(parsed.AST.Children[0])
	if err != nil {
		return nil, err
	}
	return sourcesOf(command, shell.NewLex('\\'), 1<<30)
}
