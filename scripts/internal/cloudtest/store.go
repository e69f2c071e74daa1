package cloudtest

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A store is COS, the object store: whole objects, and objects in parts, which
// is how its SDK uploads anything over a megabyte.
type store struct {
	mu      sync.Mutex
	objects map[string][]byte
	uploads map[string]map[int][]byte // by upload id, then part number
}

// object returns what was uploaded under a name, which begins with a slash.
func (s *store) object(name string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, ok := s.objects[name]
	return data, ok
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.objects == nil {
		s.objects, s.uploads = make(map[string][]byte), make(map[string]map[int][]byte)
	}
	// The CLI puts a slash before a name that already begins with one.
	name := "/" + strings.TrimLeft(r.URL.Path, "/")
	query := r.URL.Query()
	upload := query.Get("uploadId")
	location := "http://" + r.Host + name

	switch {
	case r.Method == http.MethodGet && query.Has("uploads"): // unfinished ones, to resume
		writeXML(w, struct {
			XMLName xml.Name `xml:"ListMultipartUploadsResult"`
		}{})
	case r.Method == http.MethodPost && query.Has("uploads"):
		upload = strconv.Itoa(len(s.uploads) + 1)
		s.uploads[upload] = make(map[int][]byte)
		writeXML(w, struct {
			XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
			Key      string
			UploadId string
		}{Key: name[1:], UploadId: upload})
	case r.Method == http.MethodPut && upload != "":
		part, err := strconv.Atoi(query.Get("partNumber"))
		if err != nil || s.uploads[upload] == nil {
			http.Error(w, "no such upload", http.StatusNotFound)
			return
		}
		s.uploads[upload][part] = body
		w.Header().Set("ETag", etag(body))
	case r.Method == http.MethodPost && upload != "":
		var parts []int
		for part := range s.uploads[upload] {
			parts = append(parts, part)
		}
		slices.Sort(parts)
		var whole bytes.Buffer
		for _, part := range parts {
			whole.Write(s.uploads[upload][part])
		}
		s.objects[name] = whole.Bytes()
		writeXML(w, struct {
			XMLName  xml.Name `xml:"CompleteMultipartUploadResult"`
			Location string
			Key      string
			ETag     string
		}{Location: location, Key: name[1:], ETag: etag(whole.Bytes())})
	case r.Method == http.MethodPut:
		s.objects[name] = body
		w.Header().Set("ETag", etag(body))
	default:
		http.Error(w, fmt.Sprintf("cloudtest: COS request %s %s", r.Method, r.URL), http.StatusNotImplemented)
	}
}

func etag(data []byte) string {
	sum := md5.Sum(data)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func writeXML(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/xml")
	io.WriteString(w, xml.Header)
	xml.NewEncoder(w).Encode(value)
}
