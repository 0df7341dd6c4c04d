// Reads Kubernetes documents as kpack does: parses each strictly into kpack's own type, and
// applies defaults and validation as kpack's webhook does. Writes each as a line of JSON.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/pivotal/kpack/pkg/apis/build/v1alpha2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	"knative.dev/pkg/apis"
	strict "sigs.k8s.io/yaml"
)

var kinds = map[string]func() any{
	"kpack.io/v1alpha2 Builder":          func() any { return &v1alpha2.Builder{} },
	"kpack.io/v1alpha2 ClusterBuilder":   func() any { return &v1alpha2.ClusterBuilder{} },
	"kpack.io/v1alpha2 ClusterBuildpack": func() any { return &v1alpha2.ClusterBuildpack{} },
	"kpack.io/v1alpha2 ClusterStack":     func() any { return &v1alpha2.ClusterStack{} },
	"kpack.io/v1alpha2 Image":            func() any { return &v1alpha2.Image{} },
	"v1 Namespace":                       func() any { return &corev1.Namespace{} },
	"v1 Secret":                          func() any { return &corev1.Secret{} },
	"v1 ServiceAccount":                  func() any { return &corev1.ServiceAccount{} },
}

func main() {
	failed := false
	for _, path := range os.Args[1:] {
		if err := readFile(path); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

func readFile(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := read(document); err != nil {
			return err
		}
	}
}

func read(document []byte) error {
	var header struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err := strict.Unmarshal(document, &header); err != nil {
		return err
	}
	kind := header.APIVersion + " " + header.Kind
	empty, known := kinds[kind]
	if !known {
		return fmt.Errorf("%q is not a supported kind", kind)
	}
	object := empty()
	if err := strict.UnmarshalStrict(document, object); err != nil {
		return fmt.Errorf("%s: %w", header.Kind, err)
	}
	ctx := context.WithValue(context.Background(), v1alpha2.HasDefaultStorageClass, true)
	if object, ok := object.(apis.Defaultable); ok {
		object.SetDefaults(ctx)
	}
	if object, ok := object.(apis.Validatable); ok {
		if problem := object.Validate(ctx); problem != nil {
			return fmt.Errorf("%s: %w", header.Kind, problem)
		}
	}
	return json.NewEncoder(os.Stdout).Encode(object)
}
