{{/*
The container as it stands in a pod. For the sidecar of another chart:

    initContainers:
      {{- include "sidegate.sidecar" .Subcharts.sidegate | nindent 8 }}
    volumes:
      {{- include "sidegate.volumes" .Subcharts.sidegate | nindent 8 }}
*/}}
{{- define "sidegate.sidecar" -}}
{{ include "sidegate.container" . }}
  restartPolicy: Always
{{- end -}}

{{- define "sidegate.container" -}}
- name: sidegate
  image: {{ if .Values.image.digest }}{{ printf "%s@%s" .Values.image.repository .Values.image.digest }}{{ else }}{{ printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}{{ end }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args: [serve, --config, /etc/sidegate/process/sidegate.yaml]
  ports:
    - { name: http, containerPort: 8080 }
    - { name: metrics, containerPort: 9901 }
  {{- if or .Values.secrets.env .Values.extraEnv }}
  env:
    {{- range $name, $from := .Values.secrets.env }}
    - name: {{ $name }}
      valueFrom:
        secretKeyRef: { name: {{ $from.secretName | quote }}, key: {{ $from.key | quote }} }
    {{- end }}
    {{- with .Values.extraEnv }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
  startupProbe:
    httpGet: { path: /healthz, port: metrics }
    periodSeconds: 1
    failureThreshold: 30
  readinessProbe:
    httpGet: { path: /readyz, port: metrics }
    periodSeconds: 5
  livenessProbe:
    httpGet: { path: /healthz, port: metrics }
    periodSeconds: 10
    timeoutSeconds: 5
  resources:
    {{- toYaml .Values.resources | nindent 4 }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities: { drop: [ALL] }
    seccompProfile: { type: RuntimeDefault }
  volumeMounts:
    # Whole folders, never `subPath`: a changed ConfigMap is a changed link in its folder.
    - { name: sidegate-process, mountPath: /etc/sidegate/process, readOnly: true }
    - { name: sidegate-policy, mountPath: /etc/sidegate/policy, readOnly: true }
    {{- if .Values.secrets.existingSecret }}
    - { name: sidegate-secrets, mountPath: /etc/sidegate/secrets, readOnly: true }
    {{- end }}
    {{- if .Values.tls.secretName }}
    - { name: sidegate-tls, mountPath: /etc/sidegate/tls, readOnly: true }
    {{- end }}
    - { name: sidegate-state, mountPath: /var/lib/sidegate }
    {{- with .Values.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{- define "sidegate.volumes" -}}
- name: sidegate-process
  configMap: { name: {{ include "sidegate.fullname" . }}-process }
- name: sidegate-policy
  configMap: { name: {{ include "sidegate.policyConfigMap" . }} }
{{- with .Values.secrets.existingSecret }}
- name: sidegate-secrets
  secret: { secretName: {{ . | quote }} }
{{- end }}
{{- with .Values.tls.secretName }}
- name: sidegate-tls
  secret: { secretName: {{ . | quote }} }
{{- end }}
- name: sidegate-state
  {{- if .Values.persistence.enabled }}
  persistentVolumeClaim: { claimName: {{ default (include "sidegate.fullname" .) .Values.persistence.existingClaim }} }
  {{- else }}
  emptyDir: { sizeLimit: 16Mi }
  {{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* A changed process file needs a new pod; a changed policy does not. */}}
{{- define "sidegate.podAnnotations" -}}
sidegate/process-file: {{ include "sidegate.process" . | sha256sum | trunc 16 }}
{{- if .Values.scrapeAnnotations }}
prometheus.io/scrape: "true"
prometheus.io/port: "9901"
prometheus.io/path: /metrics
{{- end }}
{{- end -}}
