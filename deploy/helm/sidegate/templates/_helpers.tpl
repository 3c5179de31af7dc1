{{- define "sidegate.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "sidegate.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains (include "sidegate.name" .) .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "sidegate.name" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "sidegate.selector" -}}
app.kubernetes.io/name: {{ include "sidegate.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "sidegate.labels" -}}
{{ include "sidegate.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "sidegate.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "sidegate.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "sidegate.policyConfigMap" -}}
{{- default (printf "%s-policy" (include "sidegate.fullname" .)) .Values.policy.existingConfigMap -}}
{{- end -}}

{{/* What the schema cannot say in words that help. */}}
{{- define "sidegate.validate" -}}
{{- if and .Values.policy.inline .Values.policy.existingConfigMap -}}
{{- fail "policy: give either `policy.inline` or `policy.existingConfigMap`, not both" -}}
{{- end -}}
{{- if not (or .Values.policy.inline .Values.policy.existingConfigMap) -}}
{{- fail "policy: without a policy nothing passes. Give `policy.inline` (--set-file policy.inline=policy.yaml) or `policy.existingConfigMap`" -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- fail "autoscaling: `minReplicas` is greater than `maxReplicas`" -}}
{{- end -}}
{{- end -}}

{{/* The process file, as YAML. */}}
{{- define "sidegate.process" -}}
{{- $listener := dict "address" "0.0.0.0:8080" -}}
{{- if ne .Values.door "proxy" -}}
{{- $_ := set $listener "door" .Values.door -}}
{{- if ne .Values.unfitRoutes "refuse" -}}{{- $_ := set $listener "unfit_routes" .Values.unfitRoutes -}}{{- end -}}
{{- end -}}
{{- with .Values.maxBody -}}{{- $_ := set $listener "max_body" . -}}{{- end -}}
{{- with .Values.prefix -}}{{- $_ := set $listener "prefix" . -}}{{- end -}}
{{- if .Values.tls.secretName -}}
{{- $_ := set $listener "tls" (dict "certificate" "../tls/tls.crt" "key" "../tls/tls.key") -}}
{{- end -}}
{{- $drain := dict "delay" (printf "%ds" (int .Values.drain.delaySeconds)) "timeout" (printf "%ds" (int .Values.drain.timeoutSeconds)) -}}
{{- $file := dict "listeners" (list $listener) "policy" (printf "../policy/%s" .Values.policy.key) "admin" (dict "listen" "0.0.0.0:9901") "workers" (int .Values.workers) "log" (dict "format" "json") "drain" $drain "key_sets" (dict "cache_dir" "/var/lib/sidegate") -}}
{{- if eq .Values.door "proxy" -}}{{- $_ := set $file "upstream" .Values.upstream -}}{{- end -}}
{{- with .Values.trustedProxies.cidrs -}}{{- $_ := set $file "trusted_proxies" (dict "cidrs" .) -}}{{- end -}}
{{- toYaml (mergeOverwrite $file (deepCopy .Values.process)) -}}
{{- end -}}
